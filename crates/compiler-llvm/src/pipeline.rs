//! The passes that LLVM runs at its highest level: up to the simplest form of the code, and from there to the fastest.
//! Our pass over loops (see [`crate::loops`]) stands between them, and looks at what became of the loops.
//!
//! Whoever made the module has optimised it already, and accesses to memory are volatile: most of LLVM's own list finds nothing. Left
//! out are those passes, and repetitions, that changed no benchmark; RATIONALE.md says what was measured.

/// Locals become values, then functions are simplified from callees to callers, which small ones are put into.
pub(crate) const SIMPLIFY: &str = concat!(
    "function<eager-inv>(mem2reg,early-cse,simplifycfg<switch-range-to-icmp>),globaldce,",
    "cgscc(inline,function-attrs<skip-non-recursive-function-attrs>,",
    "function<eager-inv;no-rerun>(sroa<modify-cfg>,jump-threading,",
    "instcombine<max-iterations=1;no-verify-fixpoint>,simplifycfg<switch-range-to-icmp>,",
    "loop-mssa(loop-rotate<header-duplication;no-prepare-for-lto>,licm<allowspeculation>),",
    "loop(loop-deletion,loop-unroll-full),",
    // Loads of what may change are volatile; those of what never changes have values of their own.
    "gvn<no-memdep>,adce,tailcallelim,simplifycfg<switch-range-to-icmp>)),globaldce,",
    // The last simplification of blocks undoes some of it.
    "function<eager-inv>(loop(loop-rotate<header-duplication;no-prepare-for-lto>))",
);

/// Loops become wide.
pub(crate) const WIDEN: &str = "function<eager-inv>(loop-vectorize)";

/// And long.
pub(crate) const OPTIMIZE: &str = concat!(
    "function<eager-inv>(",
    "simplifycfg<forward-switch-cond;switch-range-to-icmp;switch-to-arithmetic;switch-to-lookup;",
    "no-keep-loops;hoist-common-insts;sink-common-insts>,",
    "vector-combine,instcombine<max-iterations=1;no-verify-fixpoint>,",
    "loop-unroll<O3>,loop-mssa(licm<allowspeculation>),div-rem-pairs,",
    "simplifycfg<switch-range-to-icmp>)",
);

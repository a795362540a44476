//! The passes that LLVM runs at its highest level.
//!
//! They are those of its own `O3`, in its order, in two halves: our pass over loops (see [`crate::loops`]) stands between them.
//! Left out are those for what WebAssembly's code does not have (coroutines, memory profiles, OpenMP, calls of the C library, globals),
//! and `indvars`, which makes induction variables 64 bits wide: as addresses wrap around at 32 bits, masks come in whatever it gains.

/// Everything up to the simplest form of the code, functions inlined.
pub(crate) const SIMPLIFY: &str = concat!(
    "forceattrs,inferattrs,",
    "function<eager-inv>(lower-expect,simplifycfg,sroa<modify-cfg>,early-cse,callsite-splitting),",
    "ipsccp,called-value-propagation,globalopt,",
    "function<eager-inv>(mem2reg,instcombine<max-iterations=1;no-verify-fixpoint>,",
    "simplifycfg<switch-range-to-icmp>),",
    "always-inline,require<globals-aa>,function(invalidate<aa>),require<profile-summary>,",
    "cgscc(devirt<4>(inline,function-attrs<skip-non-recursive-function-attrs>,argpromotion,",
    "function<eager-inv;no-rerun>(sroa<modify-cfg>,early-cse<memssa>,",
    "jump-threading,correlated-propagation,simplifycfg<switch-range-to-icmp>,",
    "instcombine<max-iterations=1;no-verify-fixpoint>,aggressive-instcombine,",
    "tailcallelim,simplifycfg<switch-range-to-icmp>,reassociate,constraint-elimination,",
    "loop-mssa(loop-instsimplify,loop-simplifycfg,licm<no-allowspeculation>,",
    "loop-rotate<header-duplication;no-prepare-for-lto>,licm<allowspeculation>,",
    "simple-loop-unswitch<nontrivial;trivial>),",
    "simplifycfg<switch-range-to-icmp>,instcombine<max-iterations=1;no-verify-fixpoint>,",
    "loop(loop-idiom,extra-simple-loop-unswitch-passes,loop-deletion,loop-unroll-full),",
    "sroa<modify-cfg>,vector-combine,mldst-motion<no-split-footer-bb>,gvn,sccp,bdce,",
    "instcombine<max-iterations=1;no-verify-fixpoint>,",
    "jump-threading,correlated-propagation,adce,memcpyopt,dse,",
    "loop-mssa(licm<allowspeculation>),",
    "simplifycfg<switch-range-to-icmp;switch-to-arithmetic;hoist-common-insts;sink-common-insts>,",
    "instcombine<max-iterations=1;no-verify-fixpoint>),",
    "function-attrs,function(require<should-not-run-function-passes>))),",
    "deadargelim,globalopt,globaldce,rpo-function-attrs,recompute-globalsaa,",
    "function<eager-inv>(float2int,lower-constant-intrinsics,chr,",
    "loop(loop-rotate<header-duplication;no-prepare-for-lto>,loop-deletion))",
);

/// Everything behind it.
pub(crate) const OPTIMIZE: &str = concat!(
    "function<eager-inv>(loop-distribute,inject-tli-mappings,loop-vectorize,infer-alignment,",
    "loop-load-elim,instcombine<max-iterations=1;no-verify-fixpoint>,",
    "simplifycfg<forward-switch-cond;switch-range-to-icmp;switch-to-arithmetic;switch-to-lookup;",
    "no-keep-loops;hoist-common-insts;sink-common-insts>,",
    "slp-vectorizer,vector-combine,instcombine<max-iterations=1;no-verify-fixpoint>,",
    "loop-unroll<O3>,sroa<preserve-cfg>,infer-alignment,",
    "instcombine<max-iterations=1;no-verify-fixpoint>,loop-mssa(licm<allowspeculation>),",
    "alignment-from-assumptions,loop-sink,instsimplify,div-rem-pairs,tailcallelim,",
    "simplifycfg<switch-range-to-icmp;switch-to-arithmetic;switch-to-lookup;no-keep-loops;",
    "hoist-loads-stores-with-cond-faulting;speculate-unpredictables>),",
    "globaldce,constmerge",
);

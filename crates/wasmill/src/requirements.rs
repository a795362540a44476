//! Sets of features that cannot be built say so here, in one sentence, instead of in a hundred errors elsewhere.
//!
//! Of several things wrong with a set only the first is reported. Two default engines are no error: Universal is taken.

#[cfg(any(
    all(feature = "default-cranelift", feature = "default-llvm"),
    all(feature = "default-cranelift", feature = "default-singlepass"),
    all(feature = "default-llvm", feature = "default-singlepass"),
))]
compile_error!(
    "the features `default-cranelift`, `default-llvm` and `default-singlepass` are mutually exclusive. \
     To have several compilers in one program, switch on `cranelift`, `llvm` and `singlepass` without `default-`, \
     and build each store by hand:

    use wasmill::{Cranelift, Singlepass, Store, Universal};

    let quick = Store::new(&Universal::new(Singlepass::default()).engine());
    let fast = Store::new(&Universal::new(Cranelift::default()).engine());
"
);

#[cfg(all(
    feature = "default-compiler",
    feature = "default-engine",
    not(any(
        feature = "default-cranelift",
        feature = "default-llvm",
        feature = "default-singlepass"
    ))
))]
compile_error!(
    "No default compiler chosen: switch on `default-cranelift`, `default-llvm` or `default-singlepass` \
     rather than `default-compiler`"
);

#[cfg(all(
    feature = "default-compiler",
    feature = "default-engine",
    not(any(feature = "default-universal", feature = "default-dylib"))
))]
compile_error!(
    "No default engine chosen: switch on `default-universal` or `default-dylib` rather than `default-engine`"
);

//! What machine code is made for.

use enumset::EnumSetType;
use std::fmt;
use std::str::FromStr;
use thiserror::Error;

pub use enumset::EnumSet;
pub use target_lexicon::{
    Aarch64Architecture, Architecture, BinaryFormat, CallingConvention, Endianness, Environment,
    HOST, OperatingSystem, ParseError, PointerWidth, Triple, Vendor,
};

/// A machine: its triple and what its processor can do.
///
/// ```
/// # use wasmill_compiler::{CpuFeature, Target};
/// let here = Target::default();
/// let plain = Target::new("x86_64-linux-musl".parse().unwrap(), CpuFeature::SSE2 | CpuFeature::SSE3);
/// assert_eq!(plain.triple().to_string(), "x86_64-unknown-linux-musl");
/// assert!(plain.cpu_features().contains(CpuFeature::SSE3));
/// assert_ne!(here, plain);
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Target {
    triple: Triple,
    cpu_features: EnumSet<CpuFeature>,
}

impl Target {
    /// Names a machine.
    ///
    /// ```
    /// # use wasmill_compiler::{CpuFeature, Target};
    /// let triple = "aarch64-apple-darwin".parse().unwrap();
    /// let target = Target::new(triple, CpuFeature::set());
    /// assert!(target.cpu_features().is_empty());
    /// ```
    pub fn new(triple: Triple, cpu_features: EnumSet<CpuFeature>) -> Self {
        Self {
            triple,
            cpu_features,
        }
    }
    /// The triple.
    ///
    /// ```
    /// # use wasmill_compiler::Target;
    /// # use wasmill_compiler::target::Triple;
    /// assert_eq!(Target::default().triple(), &Triple::host());
    /// ```
    pub fn triple(&self) -> &Triple {
        &self.triple
    }
    /// What the processor can do beyond the architecture's base.
    ///
    /// ```
    /// # use wasmill_compiler::{CpuFeature, Target};
    /// let here = Target::default();
    /// assert!(here.cpu_features().is_subset(CpuFeature::for_host()));
    /// ```
    pub fn cpu_features(&self) -> &EnumSet<CpuFeature> {
        &self.cpu_features
    }
}

impl Default for Target {
    /// The machine that this program runs on.
    fn default() -> Self {
        Self::new(Triple::host(), CpuFeature::for_host())
    }
}

macro_rules! define_cpu_features {
    ($($(#[$doc:meta])* $variant:ident $name:tt $detect:tt;)*) => {
        /// Something that not every x86-64 processor can do. Sets of them are made with `|`.
        ///
        /// ```
        /// # use wasmill_compiler::{CpuFeature, Target};
        /// let wide = CpuFeature::AVX | CpuFeature::AVX2;
        /// let target = Target::new(Target::default().triple().clone(), wide);
        /// assert!(target.cpu_features().contains(CpuFeature::AVX2));
        /// assert_eq!("avx2".parse(), Ok(CpuFeature::AVX2));
        /// ```
        #[derive(EnumSetType, Debug, Hash)]
        pub enum CpuFeature { $($(#[$doc])* $variant,)* }

        impl CpuFeature {
            /// All of them.
            const ALL: &[Self] = &[$(Self::$variant),*];

            fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }

            /// What the processor that this program runs on can do: asked of it on x86, nothing elsewhere.
            ///
            /// ```
            /// # use wasmill_compiler::{CpuFeature, Target};
            /// assert_eq!(Target::default().cpu_features(), &CpuFeature::for_host());
            /// ```
            pub fn for_host() -> EnumSet<Self> {
                #[allow(unused_mut, reason = "only x86 adds to it")]
                let mut features = EnumSet::empty();
                #[cfg(any(target_arch = "x86", target_arch = "x86_64"))]
                {
                    $(if std::is_x86_feature_detected!($detect) {
                        features |= Self::$variant;
                    })*
                }
                features
            }
        }
    };
}

define_cpu_features! {
    /// Streaming SIMD extensions 2.
    SSE2 "sse2" "sse2";
    /// Streaming SIMD extensions 3.
    SSE3 "sse3" "sse3";
    /// Supplemental SSE3.
    SSSE3 "ssse3" "ssse3";
    /// SSE 4.1.
    SSE41 "sse4.1" "sse4.1";
    /// SSE 4.2.
    SSE42 "sse4.2" "sse4.2";
    /// Counting bits.
    POPCNT "popcnt" "popcnt";
    /// Vectors of 256 bits.
    AVX "avx" "avx";
    /// Bit manipulation 1.
    BMI1 "bmi" "bmi1";
    /// Bit manipulation 2.
    BMI2 "bmi2" "bmi2";
    /// Integer vectors of 256 bits.
    AVX2 "avx2" "avx2";
    /// AVX-512, operations on double and quadruple words.
    AVX512DQ "avx512dq" "avx512dq";
    /// AVX-512 on shorter vectors.
    AVX512VL "avx512vl" "avx512vl";
    /// AVX-512, its base.
    AVX512F "avx512f" "avx512f";
    /// Counting leading zeros.
    LZCNT "lzcnt" "lzcnt";
}

impl CpuFeature {
    /// The empty set.
    ///
    /// ```
    /// # use wasmill_compiler::CpuFeature;
    /// let mut features = CpuFeature::set();
    /// assert!(features.is_empty());
    /// features |= CpuFeature::AVX | CpuFeature::POPCNT;
    /// assert_eq!(features.len(), 2);
    /// ```
    pub fn set() -> EnumSet<Self> {
        EnumSet::empty()
    }
}

impl fmt::Display for CpuFeature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A text is not the name of a [`CpuFeature`].
///
/// ```
/// # use wasmill_compiler::CpuFeature;
/// let error = "sse7".parse::<CpuFeature>().unwrap_err();
/// assert_eq!(error.to_string(), "CpuFeature sse7 not recognized");
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum ParseCpuFeatureError {
    /// This name.
    #[error("CpuFeature {0} not recognized")]
    Missing(String),
}

impl FromStr for CpuFeature {
    type Err = ParseCpuFeatureError;

    /// ```
    /// # use wasmill_compiler::CpuFeature;
    /// assert_eq!("sse4.1".parse(), Ok(CpuFeature::SSE41));
    /// assert_eq!(CpuFeature::BMI1.to_string(), "bmi");
    /// ```
    fn from_str(name: &str) -> Result<Self, ParseCpuFeatureError> {
        let feature = Self::ALL.iter().find(|feature| feature.name() == name);
        feature
            .copied()
            .ok_or_else(|| ParseCpuFeatureError::Missing(name.to_owned()))
    }
}

//! Nothing: this package only pins other packages' versions, see its manifest.

//! `cargo xtask tidy`: the rules that no compiler checks. It also runs as a test of this package.
//!
//! `tree` lists the files and their text once; `sources` looks at every file by itself, `documents` compares what the
//! documents name with what is in the tree. Each check adds lines `path:line: what is wrong` to one list; an empty list
//! passes. Nothing is rewritten.

mod documents;
mod sources;
mod tree;

use crate::process::root;
use anyhow::{Result, bail};
use tree::Tree;

/// Checks the whole tree; the error lists everything that was found.
pub(crate) fn run(_: &[String]) -> Result<()> {
    let tree = Tree::read(&root())?;
    let mut problems = sources::check(&tree);
    problems.extend(documents::check(&tree));
    if !problems.is_empty() {
        bail!(
            "tidy found {} problems:\n{}",
            problems.len(),
            problems.join("\n")
        );
    }
    println!("tidy: {} files are in order", tree.files.len());
    Ok(())
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_tree_is_tidy() {
        if let Err(problems) = super::run(&[]) {
            panic!("{problems}");
        }
    }
}

//! The files of the tree, as the checks see them: relative path and, for text, the contents.
//!
//! Build output and hidden tool folders are not part of the tree; `.ci` and `.cargo` are.

use anyhow::{Context, Result};
use std::fs;
use std::path::Path;

/// Folders that are output or a tool's own, wherever they are.
const LEFT_OUT: &[&str] = &["target", ".git", "node_modules", "__pycache__"];

/// One file: its path from the root with `/` between parts, and its text (empty if it is not UTF-8).
pub(super) struct File {
    pub(super) path: String,
    pub(super) text: String,
}

impl File {
    /// Whether the path ends in one of these endings (`.rs`).
    pub(super) fn ends_with(&self, endings: &[&str]) -> bool {
        endings.iter().any(|ending| self.path.ends_with(ending))
    }

    /// The lines with their numbers, as editors count.
    pub(super) fn numbered(&self) -> impl Iterator<Item = (usize, &str)> {
        self.text
            .lines()
            .enumerate()
            .map(|(index, line)| (index + 1, line))
    }
}

/// Every file and folder, sorted by path.
pub(super) struct Tree {
    pub(super) files: Vec<File>,
    pub(super) folders: Vec<String>,
}

impl Tree {
    /// Reads the tree under `root`.
    pub(super) fn read(root: &Path) -> Result<Tree> {
        let mut tree = Tree {
            files: Vec::new(),
            folders: Vec::new(),
        };
        tree.add_folder(root, "")?;
        tree.files.sort_by(|a, b| a.path.cmp(&b.path));
        tree.folders.sort();
        Ok(tree)
    }

    fn add_folder(&mut self, folder: &Path, prefix: &str) -> Result<()> {
        let list =
            fs::read_dir(folder).with_context(|| format!("cannot list {}", folder.display()))?;
        for entry in list {
            let entry = entry?;
            let name = entry.file_name().to_string_lossy().into_owned();
            let path = format!("{prefix}{name}");
            if LEFT_OUT.contains(&name.as_str()) {
                continue;
            }
            let kind = entry.file_type()?;
            if kind.is_dir() {
                self.add_folder(&entry.path(), &format!("{path}/"))?;
                self.folders.push(path);
            } else if kind.is_file() {
                // A file that another process is just replacing is as good as absent.
                let Ok(bytes) = fs::read(entry.path()) else {
                    continue;
                };
                self.files.push(File {
                    path,
                    text: String::from_utf8(bytes).unwrap_or_default(),
                });
            }
        }
        Ok(())
    }

    /// The text of a file, if it is there.
    pub(super) fn text(&self, path: &str) -> Option<&str> {
        self.files
            .iter()
            .find(|file| file.path == path)
            .map(|file| file.text.as_str())
    }

    /// Whether a file or folder has this path, or ends in it after a `/` (documents may leave out the crate's folder).
    pub(super) fn has(&self, path: &str) -> bool {
        let tail = format!("/{path}");
        let fits = |found: &str| found == path || found.ends_with(&tail);
        self.files.iter().any(|file| fits(&file.path))
            || self.folders.iter().any(|folder| fits(folder))
    }

    #[cfg(test)]
    pub(super) fn of(files: &[(&str, &str)]) -> Tree {
        let files: Vec<File> = files
            .iter()
            .map(|&(path, text)| File {
                path: path.to_owned(),
                text: text.to_owned(),
            })
            .collect();
        let mut folders = Vec::new();
        for file in &files {
            let ends = file
                .path
                .match_indices('/')
                .map(|(end, _)| file.path[..end].to_owned());
            folders.extend(ends);
        }
        Tree { files, folders }
    }
}

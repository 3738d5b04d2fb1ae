//! Gathers every rule, case and list below this folder into the crate: the
//! texts as they are, and the rules compiled under the lists that ship.
//!
//! A rule that does not load fails the build, by file, line and reason.

use std::error::Error;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs};

use detection::RuleSet;
use detection::sigma::{self, Lists, Source};

/// A file's path below this folder, and its text.
type Text = (String, String);

fn main() -> Result<(), Box<dyn Error>> {
    let home = PathBuf::from(env::var("CARGO_MANIFEST_DIR")?);
    let out = PathBuf::from(env::var("OUT_DIR")?);
    let mut rules = Vec::new();
    let mut cases = Vec::new();
    let mut lists = Vec::new();
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed={}", home.display());
    for folder in folders(&home)? {
        println!("cargo::rerun-if-changed={}", folder.display());
        for (name, text) in texts(&home, &folder)? {
            match () {
                () if name.ends_with(".cases.yml") => cases.push((name, text)),
                () if name.ends_with(".yml") => rules.push((name, text)),
                () if name.ends_with(".txt") => lists.push((name, text)),
                () => {}
            }
        }
    }
    let loaded = sigma::load(&sources(&rules), &shipped(&lists));
    let (set, refused) = RuleSet::new(loaded.rules);
    let problems = loaded.problems.iter().chain(&refused);
    let problems: Vec<String> = problems.map(ToString::to_string).collect();
    if !problems.is_empty() {
        return Err(problems.join("\n").into());
    }
    fs::write(out.join("rules.postcard"), set.to_bytes()?)?;
    fs::write(
        out.join("texts.rs"),
        texts_module(&home, &rules, &cases, &lists)?,
    )?;
    Ok(())
}

/// The folders of this one that hold content, in order of their names.
fn folders(home: &Path) -> Result<Vec<PathBuf>, Box<dyn Error>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(home)? {
        let path = entry?.path();
        let code = ["src", "tests"].iter().any(|name| path.ends_with(name));
        if path.is_dir() && !code {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}

fn texts(home: &Path, folder: &Path) -> Result<Vec<Text>, Box<dyn Error>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        println!("cargo::rerun-if-changed={}", path.display());
        let parts: Vec<_> = path
            .strip_prefix(home)?
            .iter()
            .map(|part| part.to_string_lossy())
            .collect();
        found.push((parts.join("/"), fs::read_to_string(&path)?));
    }
    found.sort();
    Ok(found)
}

fn sources(rules: &[Text]) -> Vec<Source<'_>> {
    rules
        .iter()
        .map(|(name, text)| Source { name, text })
        .collect()
}

fn shipped(texts: &[Text]) -> Lists {
    let mut lists = Lists::new();
    for (path, text) in texts {
        lists.parse_text(list_name(path), text);
    }
    lists
}

fn list_name(path: &str) -> &str {
    path.trim_start_matches("lists/").trim_end_matches(".txt")
}

fn texts_module(
    home: &Path,
    rules: &[Text],
    cases: &[Text],
    lists: &[Text],
) -> Result<String, Box<dyn Error>> {
    let mut module = String::new();
    for (name, of) in [("RULES", rules), ("CASES", cases), ("LISTS", lists)] {
        writeln!(module, "static {name}: &[(&str, &str)] = &[")?;
        for (path, _) in of {
            let shown = if name == "LISTS" {
                list_name(path)
            } else {
                path
            };
            writeln!(
                module,
                "    ({shown:?}, include_str!({:?})),",
                home.join(path)
            )?;
        }
        writeln!(module, "];")?;
    }
    Ok(module)
}

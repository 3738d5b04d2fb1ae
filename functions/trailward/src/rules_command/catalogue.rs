//! `trailward rules catalogue`: what the built-in rules find, as pages to
//! read. Written from the rules and never by hand.

use std::fmt::Write as _;
use std::fs;
use std::io::{self, Write as _};

use anyhow::{Context, Result};
use detection::RuleSet;
use detection::rule::{Rule, Staged};
use pipeline::alert::level_name;

use super::attack::{TACTICS, address, technique, technique_of_tag};
use super::{coverage, heat_map, kind};
use crate::Ending;
use crate::arguments::Catalogue;

/// Stands at the top of each page.
const GENERATED: &str = "<!-- Written by `make catalogue` from shared/rules: change the rules. -->";

/// Name of the picture.
const PICTURE: &str = "coverage.svg";

pub(crate) fn run(options: &Catalogue) -> Result<Ending> {
    let set = rules::builtin_set()?;
    let pages = pages(&set);
    let folder = &options.write;
    let failed = || format!("cannot write to `{}`", folder.display());
    fs::create_dir_all(folder).with_context(failed)?;
    for (name, text) in &pages {
        fs::write(folder.join(name), text).with_context(failed)?;
    }
    writeln!(
        io::stdout(),
        "{} files in {}",
        pages.len(),
        folder.display()
    )?;
    Ok(Ending::Done)
}

/// The files of the catalogue: an index, a page per tactic, the heat map.
fn pages(set: &RuleSet) -> Vec<(String, String)> {
    let rules = coverage::speaking(set);
    let columns = coverage::columns(&rules);
    let mut index = format!(
        "{GENERATED}\n# Rules\n\n{}. Each rule is a file in `shared/rules`, with its cases beside it.\n\n\
         ![ATT&CK techniques by number of rules]({PICTURE})\n",
        coverage::counted(&columns, rules.len())
    );
    let mut pages = Vec::new();
    for (tactic, name) in TACTICS {
        let mut here: Vec<&Rule> = rules
            .iter()
            .copied()
            .filter(|rule| folder(rule) == tactic)
            .collect();
        here.sort_by(|a, b| {
            let order = b.meta.level.cmp(&a.meta.level);
            order.then_with(|| a.meta.title.cmp(&b.meta.title))
        });
        if here.is_empty() {
            continue;
        }
        let file = format!("{tactic}.md");
        let _ = write!(
            index,
            "\n## [{name}]({file})\n\n| level | rule |\n|---|---|\n"
        );
        let mut page = format!("{GENERATED}\n# {name}\n\n[All rules](README.md)\n");
        for rule in here {
            let meta = &rule.meta;
            let link = format!("{file}#{}", anchor(&meta.title));
            let title = cell(&meta.title);
            let _ = writeln!(index, "| {} | [{title}]({link}) |", level_name(meta.level));
            section(&mut page, rule);
        }
        pages.push((file, page));
    }
    pages.push(("README.md".to_owned(), index));
    pages.push((PICTURE.to_owned(), heat_map::svg(&columns)));
    pages
}

/// The folder that a rule's file lies in.
fn folder(rule: &Rule) -> &str {
    let file = &rule.meta.location.file;
    file.split_once('/').map_or("", |(folder, _)| folder)
}

fn section(page: &mut String, rule: &Rule) {
    let meta = &rule.meta;
    let settings = &meta.settings;
    let file = &meta.location.file;
    let _ = write!(
        page,
        "\n## {}\n\n**{}**",
        plain(&meta.title),
        level_name(meta.level)
    );
    if let Some(level) = settings.failed_level {
        let _ = write!(page, ", a refused attempt **{}**", level_name(level));
    }
    let _ = writeln!(
        page,
        " · {} · `{}` · [{file}](../../shared/rules/{file})\n\n{}",
        kind(rule),
        meta.id,
        plain(&meta.description)
    );
    if settings.protected {
        page.push_str("\nNo exception may hide it.\n");
    }
    if settings.staged != Staged::No {
        page.push_str("\nOn trial: it counts, and does not alert yet.\n");
    }
    if let Some(gain) = &settings.gain {
        let _ = writeln!(page, "\n**What an attacker gains.** {}", plain(gain));
    }
    list(page, "False positives", "-", &meta.false_positives);
    let _ = writeln!(page, "\n**ATT&CK.** {}", techniques(rule));
    list(page, "Response", "1.", &settings.response.en);
    let links: Vec<String> = meta
        .references
        .iter()
        .map(|link| format!("<{link}>"))
        .collect();
    if !links.is_empty() {
        let _ = writeln!(page, "\n**References.** {}", links.join(", "));
    }
}

fn list(page: &mut String, title: &str, bullet: &str, lines: &[String]) {
    if lines.is_empty() {
        return;
    }
    let _ = writeln!(page, "\n**{title}**\n");
    for line in lines {
        let _ = writeln!(page, "{bullet} {}", plain(line));
    }
}

fn techniques(rule: &Rule) -> String {
    let ids = rule
        .meta
        .tags
        .iter()
        .filter_map(|tag| technique_of_tag(tag));
    let links: Vec<String> = ids
        .map(|id| {
            let name = technique(&id).map(|known| format!(" {}", known.name));
            format!("[{id}{}]({})", name.unwrap_or_default(), address(&id))
        })
        .collect();
    links.join(", ")
}

/// Text that Markdown shows as it is.
fn plain(text: &str) -> String {
    let joined = text.split_whitespace().collect::<Vec<_>>().join(" ");
    joined.replace('<', "&lt;").replace('*', "\\*")
}

fn cell(text: &str) -> String {
    plain(text).replace('|', "\\|")
}

/// How a heading is linked to.
fn anchor(title: &str) -> String {
    let kept = title.chars().filter_map(|char| match char {
        ' ' => Some('-'),
        char if char.is_alphanumeric() || char == '-' || char == '_' => Some(char),
        _ => None,
    });
    kept.collect::<String>().to_lowercase()
}

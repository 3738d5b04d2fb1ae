//! Documents that can be checked are checked.

use crate::{text_of, top};

/// The documents whose paths are checked.
const DOCUMENTS: &[&str] = &["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md"];

/// Paths that a document names on purpose although nothing is there yet.
const KEPT_PLACES: &[&str] = &["functions/investigate", "functions/verify-digests"];

/// The back-quoted words of a text that begin like a path of the repository.
fn paths_in(text: &str) -> Vec<String> {
    let starts = ["functions/", "shared/", "tests/", "events/", "docs/"];
    text.split('`')
        .skip(1)
        .step_by(2)
        .filter(|word| starts.iter().any(|start| word.starts_with(start)))
        .filter(|word| !word.contains(['<', '*', ' ', '{']))
        .map(str::to_owned)
        .collect()
}

#[test]
fn every_named_path_exists() {
    let mut seen = 0;
    for document in DOCUMENTS {
        for path in paths_in(&text_of(document)) {
            let there = top().join(&path).exists() || KEPT_PLACES.contains(&path.as_str());
            assert!(there, "{document} names `{path}`, which is not there");
            seen += 1;
        }
    }
    assert!(seen > 10, "no paths were found in the documents");
}

#[test]
fn every_make_target_that_a_document_names_exists() {
    let makefile = text_of("Makefile");
    for document in DOCUMENTS {
        for words in text_of(document).split('`').skip(1).step_by(2) {
            let Some(rest) = words.strip_prefix("make ") else {
                continue;
            };
            for target in rest
                .split(" && make ")
                .filter_map(|part| part.split(' ').next())
            {
                let there = makefile.contains(&format!("\n{target}:"));
                assert!(
                    there,
                    "{document} names `make {target}`, which the Makefile lacks"
                );
            }
        }
    }
}

#[test]
fn the_readme_shows_an_alert_as_it_is_told() {
    let told = text_of("events/trail-stopped/expected.txt");
    assert!(!told.is_empty());
    assert!(
        text_of("README.md").contains(told.trim_end()),
        "the README's alert is stale"
    );
}

#[test]
fn the_readme_lists_every_parameter_of_the_template() {
    let template = text_of("template.yaml");
    let parameters = template
        .lines()
        .skip_while(|line| *line != "Parameters:")
        .skip(1)
        .take_while(|line| line.is_empty() || line.starts_with(' '));
    let names: Vec<&str> = parameters
        .filter(|line| line.starts_with("  ") && !line.starts_with("   "))
        .filter_map(|line| line.trim().strip_suffix(':'))
        .collect();
    assert!(names.len() > 20, "the parameters were not found");
    let readme = text_of("README.md");
    for name in names {
        assert!(
            readme.contains(&format!("| `{name}` |")),
            "the README lacks `{name}`"
        );
    }
}

//! The names of derived fields. AWS may send any field it likes, and so may a
//! rule ask for any; but `trailward.` is ours, and a slip there would make a
//! rule that never fires.

use cloudtrail::Derived;

use super::problem::valid;

const OURS: &str = "trailward.";

/// Refuses a path that begins like a derived field's and is none.
pub(super) fn check(path: &str) -> Result<(), String> {
    if !path.starts_with(OURS) || Derived::from_path(path).is_some() {
        return Ok(());
    }
    let names = valid(path, Derived::ALL.iter().map(|(_, known)| *known));
    Err(format!("`{path}` is no field; {names}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_our_own_names_are_known() {
        for path in ["eventName", "trailward", "trailwards.x", "x.trailward.y"] {
            assert_eq!(check(path), Ok(()), "{path}");
        }
        for (_, path) in Derived::ALL {
            assert_eq!(check(path), Ok(()), "{path}");
        }
        for path in ["trailward.", "trailward.Role", "trailward.role.name"] {
            let why = check(path).unwrap_err();
            assert!(
                why.starts_with(&format!(
                    "`{path}` is no field; valid are `trailward.principal`"
                )),
                "{why}"
            );
        }
    }
}

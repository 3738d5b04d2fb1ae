//! What a service's refusal means for whoever has to act.

use pipeline::ports::PortError;

/// Codes that no repetition heals: rights, names, shapes.
const FOR_GOOD: &[&str] = &[
    "AccessDenied",
    "AccessDeniedException",
    "AuthorizationError",
    "InvalidParameter",
    "InvalidParameterValue",
    "InvalidRequestException",
    "KMSAccessDenied",
    "KMSDisabled",
    "NoSuchBucket",
    "NotFound",
    "ResourceNotFoundException",
    "UnrecognizedClientException",
    "ValidationException",
];

/// Longest reason, in characters.
const MAX_REASON_CHARS: usize = 500;

/// Sorts a failure by its code; without one (time-outs, broken connections)
/// it is passing.
pub(crate) fn failure(
    service: &'static str,
    action: impl Into<String>,
    code: Option<&str>,
    error: &dyn std::error::Error,
) -> PortError {
    let (action, reason) = (action.into(), reason(code, error));
    if code.is_some_and(|code| FOR_GOOD.contains(&code)) {
        PortError::Refused {
            service,
            action,
            reason,
        }
    } else {
        PortError::Unavailable {
            service,
            action,
            reason,
        }
    }
}

/// The code and the causes in a line each. The SDK's own display would bring
/// the whole response along, into logs that should hold none of it.
fn reason(code: Option<&str>, error: &dyn std::error::Error) -> String {
    let mut parts: Vec<String> = code.map(str::to_owned).into_iter().collect();
    let mut cause = Some(error);
    while let Some(error) = cause {
        let text = error.to_string();
        if parts.last() != Some(&text) {
            parts.push(text);
        }
        cause = error.source();
    }
    parts.join(": ").chars().take(MAX_REASON_CHARS).collect()
}

#[cfg(test)]
mod tests {
    use std::io::Error;

    use super::*;

    #[test]
    fn rights_are_for_good_and_the_rest_passes() {
        let failed = |code| failure("SNS", "publishing", code, &Error::other("no"));
        assert!(matches!(
            failed(Some("AuthorizationError")),
            PortError::Refused { .. }
        ));
        assert!(matches!(
            failed(Some("Throttling")),
            PortError::Unavailable { .. }
        ));
        assert!(matches!(failed(None), PortError::Unavailable { .. }));
    }

    #[test]
    fn a_reason_names_the_code_and_stays_short() {
        let failed = failure(
            "SNS",
            "publishing",
            Some("Throttling"),
            &Error::other("slow down"),
        );
        let text = failed.to_string();
        assert!(text.contains("publishing: Throttling: slow down"), "{text}");
        let long = failure("SNS", "publishing", None, &Error::other("x".repeat(9_000)));
        assert!(long.to_string().len() < MAX_REASON_CHARS + 100);
    }
}

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

/// Sorts a failure by its code; without one (time-outs, broken connections)
/// it is passing.
pub(crate) fn failure(
    service: &'static str,
    action: impl Into<String>,
    code: Option<&str>,
    reason: impl std::fmt::Display,
) -> PortError {
    let (action, reason) = (action.into(), reason.to_string());
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rights_are_for_good_and_the_rest_passes() {
        let denied = failure("SNS", "publishing", Some("AuthorizationError"), "no");
        assert!(matches!(denied, PortError::Refused { .. }));
        let throttled = failure("SNS", "publishing", Some("Throttling"), "slow down");
        assert!(matches!(throttled, PortError::Unavailable { .. }));
        assert!(matches!(
            failure("SNS", "publishing", None, "hung"),
            PortError::Unavailable { .. }
        ));
    }
}

//! What a scalar means: null, a boolean, a number or text, as YAML's core schema
//! has it, but for digits that begin with a zero; and a number with a bare
//! exponent is spelt as it is written.

/// A scalar as written. Only a plain one may be more than text.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Scalar {
    pub(super) text: String,
    pub(super) plain: bool,
}

/// What a scalar is.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Value {
    Null,
    Bool(bool),
    /// A number, with its spelling where it is text (`contains`, keywords).
    Number(f64, String),
    Text,
}

impl Scalar {
    /// YAML's core schema, but for one thing: digits that begin with a zero
    /// are text, for that is how an account id is written.
    pub(super) fn value(&self) -> Value {
        if !self.plain {
            return Value::Text;
        }
        match self.text.as_str() {
            "" | "~" | "null" | "Null" | "NULL" => Value::Null,
            "true" | "True" | "TRUE" => Value::Bool(true),
            "false" | "False" | "FALSE" => Value::Bool(false),
            text => number(text).unwrap_or(Value::Text),
        }
    }
}

fn number(text: &str) -> Option<Value> {
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    let radix = |prefix, radix| {
        let digits = text.strip_prefix(prefix)?;
        i64::from_str_radix(digits, radix).ok().filter(|n| *n >= 0)
    };
    if let Some(n) = radix("0x", 16).or_else(|| radix("0o", 8)) {
        #[expect(clippy::cast_precision_loss, reason = "a rule's bound, not a count")]
        return Some(Value::Number(n as f64, n.to_string()));
    }
    let digits = unsigned.as_bytes();
    if !digits.iter().any(u8::is_ascii_digit)
        || !digits
            .iter()
            .all(|b| b.is_ascii_digit() || b".eE+-".contains(b))
        || matches!(digits, [b'0', b'0'..=b'9', ..])
    {
        return None;
    }
    let value: f64 = text.parse().ok().filter(|n: &f64| n.is_finite())?;
    let spelt = match text.parse::<i128>() {
        Ok(whole) => whole.to_string(),
        // More likely a piece of an identifier than a number, and YAML 1.1
        // has it as text: `7e10`.
        Err(_) if bare_exponent(text) => text.to_owned(),
        Err(_) => value.to_string(),
    };
    Some(Value::Number(value, spelt))
}

/// Whether an exponent stands there without a sign.
fn bare_exponent(text: &str) -> bool {
    let exponent = text.split_once(['e', 'E']).map(|(_, exponent)| exponent);
    exponent.is_some_and(|exponent| !exponent.starts_with(['-', '+']))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scalar(text: &str) -> Value {
        Scalar {
            text: text.to_owned(),
            plain: true,
        }
        .value()
    }

    #[test]
    fn scalars() {
        for (text, spelt) in [
            ("443", "443"),
            ("-5", "-5"),
            ("+5", "5"),
            ("0", "0"),
            ("1.5", "1.5"),
            ("2.0", "2"),
            ("1e3", "1e3"),
            ("7E10", "7E10"),
            ("1.5e+3", "1500"),
            ("0x1F", "31"),
            ("0o17", "15"),
            ("123456789012", "123456789012"),
            ("12345678901234567890", "12345678901234567890"),
        ] {
            assert!(
                matches!(scalar(text), Value::Number(_, s) if s == spelt),
                "{text}"
            );
        }
        for text in [
            "012345678901",
            "1_000",
            "1:30",
            "2027-01-31",
            "No",
            "yes",
            "1.2.3",
            "-",
            "e",
            "0x",
            ".inf",
            "1e999",
        ] {
            assert_eq!(scalar(text), Value::Text, "{text}");
        }
        assert_eq!(scalar("~"), Value::Null);
        assert_eq!(scalar("TRUE"), Value::Bool(true));
    }
}

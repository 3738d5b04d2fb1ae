//! The fixed words of an alert, in the languages that a team can choose.

use detection::rule::Level;

use crate::settings::Language;

/// The labels and set phrases of an alert.
pub(crate) struct Words {
    pub(crate) level: &'static str,
    pub(crate) account: &'static str,
    pub(crate) region: &'static str,
    pub(crate) who: &'static str,
    pub(crate) from: &'static str,
    pub(crate) when: &'static str,
    pub(crate) outcome: &'static str,
    pub(crate) often: &'static str,
    pub(crate) together: &'static str,
    pub(crate) steps: &'static str,
    pub(crate) gain: &'static str,
    pub(crate) first: &'static str,
    pub(crate) rule: &'static str,
    pub(crate) event: &'static str,
    pub(crate) input: &'static str,
    pub(crate) unknown: &'static str,
    pub(crate) succeeded: &'static str,
    pub(crate) refused: &'static str,
    pub(crate) no_steps: &'static str,
    pub(crate) seconds: &'static str,
    pub(crate) minutes: &'static str,
    pub(crate) hours: &'static str,
    pub(crate) days: &'static str,
}

/// The words of a language.
pub(crate) fn words(language: Language) -> &'static Words {
    match language {
        Language::En => &EN,
        Language::Zh => &ZH,
    }
}

/// A level's name as Sigma writes it: in attributes and machine output.
pub fn level_name(level: Level) -> &'static str {
    level_in(level, Language::En)
}

/// A level's name in a language.
pub(crate) fn level_in(level: Level, language: Language) -> &'static str {
    match (language, level) {
        (Language::En, Level::Informational) => "informational",
        (Language::En, Level::Low) => "low",
        (Language::En, Level::Medium) => "medium",
        (Language::En, Level::High) => "high",
        (Language::En, Level::Critical) => "critical",
        (Language::Zh, Level::Informational) => "提示",
        (Language::Zh, Level::Low) => "低",
        (Language::Zh, Level::Medium) => "中",
        (Language::Zh, Level::High) => "高",
        (Language::Zh, Level::Critical) => "严重",
    }
}

const EN: Words = Words {
    level: "Level",
    account: "Account",
    region: "Region",
    who: "Who",
    from: "From",
    when: "When",
    outcome: "Outcome",
    often: "How often",
    together: "Together",
    steps: "Steps",
    gain: "What it gains",
    first: "Do first",
    rule: "Rule",
    event: "Event",
    input: "Input",
    unknown: "unknown",
    succeeded: "it succeeded",
    refused: "it was refused",
    no_steps: "Ask the caller whether this was intended; if nobody knows of it, revoke the credential.",
    seconds: "seconds",
    minutes: "minutes",
    hours: "hours",
    days: "days",
};

const ZH: Words = Words {
    level: "级别",
    account: "账户",
    region: "区域",
    who: "身份",
    from: "来源",
    when: "时间",
    outcome: "结果",
    often: "次数",
    together: "合并判断",
    steps: "步骤",
    gain: "攻击者所得",
    first: "首先要做",
    rule: "规则",
    event: "事件",
    input: "输入",
    unknown: "未知",
    succeeded: "调用成功",
    refused: "调用被拒绝",
    no_steps: "向调用者确认是否有意为之;若无人知情,立即吊销该凭证。",
    seconds: "秒",
    minutes: "分钟",
    hours: "小时",
    days: "天",
};

//! The report's words, by language.

use super::model::Kind;
use crate::settings::Language;

/// The words of one language.
#[derive(Debug)]
pub(super) struct Words {
    pub(super) title: &'static str,
    pub(super) account: &'static str,
    pub(super) period: &'static str,
    pub(super) to: &'static str,
    pub(super) trail: &'static str,
    pub(super) organization_wide: &'static str,
    pub(super) events: &'static str,
    pub(super) counts: [&'static str; 6],
    pub(super) counts_missing: &'static str,
    pub(super) findings: &'static str,
    pub(super) no_findings: &'static str,
    pub(super) user: &'static str,
    pub(super) time: &'static str,
    pub(super) calls: &'static str,
    pub(super) address: &'static str,
    pub(super) suspicious: &'static str,
    pub(super) target: &'static str,
    pub(super) count: &'static str,
    pub(super) of_which_failed: &'static str,
    pub(super) action: &'static str,
    pub(super) more: &'static str,
    pub(super) at_least: &'static str,
    pub(super) alarm_state: &'static str,
    pub(super) filters: &'static str,
    pub(super) alarms: &'static str,
    pub(super) not_checked: &'static str,
    pub(super) fired: &'static str,
    pub(super) rules: &'static str,
    pub(super) rule_findings: &'static str,
    pub(super) top: &'static str,
    pub(super) staged: &'static str,
    pub(super) refused: &'static str,
    pub(super) none: &'static str,
    pub(super) missing: &'static str,
    pub(super) silent: &'static str,
    pub(super) left_out: &'static str,
    pub(super) notes: &'static str,
    pub(super) baseline_empty: &'static str,
    pub(super) baseline_missing: &'static str,
    pub(super) cut: &'static str,
    pub(super) colon: &'static str,
    pub(super) open: &'static str,
    pub(super) close: &'static str,
}

/// The words of a language.
pub(super) fn words(language: Language) -> &'static Words {
    match language {
        Language::En => &EN,
        Language::Zh => &ZH,
    }
}

/// The title and the required action of a kind of finding.
pub(super) fn of_kind(language: Language, kind: Kind) -> (&'static str, &'static str) {
    match language {
        Language::En => of_kind_en(kind),
        Language::Zh => of_kind_zh(kind),
    }
}

fn of_kind_en(kind: Kind) -> (&'static str, &'static str) {
    match kind {
        Kind::TrailTampering => (
            "CloudTrail tampering",
            "Make sure the trail records again; find out who called and why",
        ),
        Kind::RootUse => (
            "Root account used",
            "Confirm with the account's owner; keep root behind MFA and without access keys",
        ),
        Kind::SignInWithoutMfa => ("Console sign-in without MFA", "Enforce MFA by IAM policy"),
        Kind::Escalation => (
            "IAM privilege escalation",
            "Investigate whether the credentials are compromised",
        ),
        Kind::WorldOpenGroup => (
            "Security group opened to the world",
            "Narrow the rule to known addresses or remove it",
        ),
        Kind::UnusualAddress => (
            "Calls by an IAM user from an unusual address",
            "Ask the user; if unknown, disable the access key and follow its calls",
        ),
        Kind::DeniedBurst => (
            "Many refused calls",
            "Find out whether a job lacks a permission or somebody probes for one",
        ),
    }
}

fn of_kind_zh(kind: Kind) -> (&'static str, &'static str) {
    match kind {
        Kind::TrailTampering => ("CloudTrail 篡改", "确认跟踪已恢复记录,查明调用者及原因"),
        Kind::RootUse => (
            "Root 账户使用",
            "与账户所有者确认;为 root 启用 MFA 且不保留访问密钥",
        ),
        Kind::SignInWithoutMfa => ("未使用 MFA 的控制台登录", "通过 IAM 策略强制执行 MFA"),
        Kind::Escalation => ("IAM 权限提升", "调查凭据泄露"),
        Kind::WorldOpenGroup => ("安全组对所有地址开放", "将规则收窄到已知地址或删除规则"),
        Kind::UnusualAddress => (
            "IAM 用户从异常 IP 调用 API",
            "与用户核实;如不属实,停用访问密钥并追踪其调用",
        ),
        Kind::DeniedBurst => (
            "大量未授权 API 调用",
            "查明是作业缺少权限还是有人在试探权限",
        ),
    }
}

const EN: Words = Words {
    title: "CloudTrail security report",
    account: "Account",
    period: "Period",
    to: "to",
    trail: "Trail",
    organization_wide: "organization-wide",
    events: "Security events detected",
    counts: [
        "Root account sign-ins",
        "Console sign-ins without MFA",
        "Privilege escalation attempts",
        "CloudTrail configuration changes",
        "Security group modifications",
        "Unauthorised API calls",
    ],
    counts_missing: "not known, see what is missing below",
    findings: "High-priority findings",
    no_findings: "none",
    user: "User",
    time: "Time",
    calls: "Events",
    address: "IP",
    suspicious: "suspicious",
    target: "On",
    count: "Count",
    of_which_failed: "refused",
    action: "Required action",
    more: "more of this kind are not listed",
    at_least: "at least",
    alarm_state: "Alarm state",
    filters: "CIS metric filters configured",
    alarms: "Active CloudWatch alarms",
    not_checked: "not checked",
    fired: "Alerts fired (last 7 days)",
    rules: "Rules",
    rule_findings: "Findings of alerting rules",
    top: "Most findings",
    staged: "Staged rules, what they would have said",
    refused: "Rules refused at load",
    none: "none",
    missing: "Missing from this report",
    silent: "Accounts and regions without data",
    left_out: "Accounts and regions that could not be queried",
    notes: "Notes",
    baseline_empty: "the week before has no calls to compare with: new addresses are not marked",
    baseline_missing: "the addresses of the week before are not known: new addresses are not marked",
    cut: "the report was cut at its greatest length",
    colon: ": ",
    open: " (",
    close: ")",
};

const ZH: Words = Words {
    title: "CloudTrail 安全分析报告",
    account: "账户",
    period: "分析周期",
    to: "至",
    trail: "跟踪",
    organization_wide: "组织范围",
    events: "检测到的安全事件",
    counts: [
        "Root 账户登录",
        "未使用 MFA 的控制台登录",
        "权限提升尝试",
        "CloudTrail 配置变更",
        "安全组修改",
        "未授权 API 调用",
    ],
    counts_missing: "未知,见下文缺失部分",
    findings: "高优先级发现结果",
    no_findings: "无",
    user: "用户",
    time: "时间",
    calls: "事件",
    address: "IP",
    suspicious: "可疑",
    target: "对象",
    count: "次数",
    of_which_failed: "被拒绝",
    action: "所需操作",
    more: "条同类结果未列出",
    at_least: "至少",
    alarm_state: "告警状态",
    filters: "已配置 CIS 指标过滤器",
    alarms: "活跃 CloudWatch 告警",
    not_checked: "未检查",
    fired: "已触发告警(过去 7 天)",
    rules: "规则",
    rule_findings: "告警规则命中",
    top: "命中最多",
    staged: "试运行规则(本应告警)",
    refused: "加载时被拒绝的规则",
    none: "无",
    missing: "本报告缺失的部分",
    silent: "没有数据的账户和区域",
    left_out: "无法查询的账户和区域",
    notes: "说明",
    baseline_empty: "前一周没有可比较的调用:未标记新地址",
    baseline_missing: "前一周的地址未知:未标记新地址",
    cut: "报告已达最大长度,其余部分被截断",
    colon: ": ",
    open: "(",
    close: ")",
};

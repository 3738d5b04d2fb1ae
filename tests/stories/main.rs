//! Every story through the real handlers on local adapters, twice.
//!
//! With `UPDATE_EVENTS` set, payloads and expected alerts are written; without
//! it, they are compared.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests may say what they expect in the shortest way"
)]

mod story;

use story::{Story, Told, all};

/// The story of this name, told by a new world.
async fn told(name: &str) -> Told {
    Story::read(name).tell().await
}

#[tokio::test]
async fn every_story_ends_as_expected() {
    let stories = all();
    assert!(stories.len() >= 9, "{stories:?}");
    for name in stories {
        let story = Story::read(&name);
        story.check_payloads();
        let told = story.tell().await;
        story.check_expected(&told);
    }
}

#[tokio::test]
async fn an_ordinary_day_and_a_control_message_are_silent() {
    for name in ["ordinary-day", "control-message"] {
        let told = told(name).await;
        assert!(told.mails.is_empty(), "{name}: {}", told.text());
    }
}

#[tokio::test]
async fn a_denied_burst_is_told_by_the_second_batch() {
    let told = told("denied-burst").await;
    assert_eq!(told.accounts[0].alerted, 0);
    assert_eq!(told.accounts[1].alerted, 1);
}

#[tokio::test]
async fn a_duplicate_delivery_is_told_once() {
    let told = told("duplicate-delivery").await;
    assert_eq!(told.mails.len(), 1, "{}", told.text());
    assert_eq!(told.accounts[0].duplicate_in_batch, 1);
    assert_eq!(told.accounts[1].alerted, 0);
}

#[tokio::test]
async fn a_poisoned_batch_keeps_its_poison_and_tells_the_rest() {
    let told = told("poisoned-batch").await;
    assert_eq!(told.accounts[0].received, 5);
    assert_eq!(told.accounts[0].quarantined, 3);
    assert_eq!(told.mails.len(), 1, "{}", told.text());
}

#[tokio::test]
async fn another_name_in_a_record_is_another_name_in_the_alert() {
    let story = Story::read("trail-stopped").with("sam", "alex");
    let told = story.tell().await;
    assert!(told.text().contains("session alex"), "{}", told.text());
    assert!(!told.text().contains("session sam"));
}

//! The team's folder: taken up, refused, announced.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use adapters_local::FolderTeam;
use detection::sigma::{self, Lists, Source};
use pipeline::detect::Detector;
use pipeline::ports::{Mail, TeamFolder};
use pipeline::team::{BuiltIn, LOOK_SECONDS, Team, TeamRules};
use tempfile::TempDir;
use trailward_tests::payload::{LOG_GROUP, logs_data};

use crate::world::{STOPPED, World, call};

const OWN: &str = "
title: A user was made
id: 5f0d6f0e-6a0c-4a8b-9a51-0d2f2f7b9f01
logsource: {product: aws, service: cloudtrail}
detection:
  made: {eventSource: iam.amazonaws.com, eventName: CreateUser}
  condition: made
level: high
";

const EXCEPTION: &str = "
title: Kim stops trails
id: 5f0d6f0e-6a0c-4a8b-9a51-0d2f2f7b9f02
logsource: {product: aws, service: cloudtrail}
filter:
  rules: [7d1f1c1e-0000-4000-8000-000000000001]
  kim: {userIdentity.userName: kim}
  condition: not kim
trailward: {owner: platform, reason: a drill}
";

fn built_in(lists: &Lists) -> BuiltIn {
    let source = Source {
        name: "built-in.yml",
        text: STOPPED,
    };
    BuiltIn::new(sigma::load(&[source], lists), lists.clone())
}

/// A container with a team's folder beside it.
struct Container {
    detector: Detector,
    team: Team,
}

impl Container {
    fn beside(world: &World, folder: &Path) -> Self {
        let folder = Arc::new(FolderTeam::new(folder));
        Self {
            detector: world.detector(),
            team: Team::new(folder, Arc::new(built_in)),
        }
    }

    /// Refreshes as a function does, then handles one call; the numbers of
    /// alerts and of refused rules.
    async fn handle(&mut self, world: &mut World, name: &str, n: u32) -> (u64, u64) {
        self.handle_by(world, "kim", name, n).await
    }

    async fn handle_by(&mut self, world: &mut World, user: &str, name: &str, n: u32) -> (u64, u64) {
        let invocation = world.invocation();
        self.team.refresh(&mut self.detector, &invocation).await;
        let data = logs_data(&[call(name, user, n)], LOG_GROUP).unwrap();
        let accounts = self
            .detector
            .handle_logs(data.as_bytes(), &invocation)
            .await
            .unwrap();
        (accounts.alerted, accounts.rules_refused)
    }
}

fn write(folder: &TempDir, name: &str, text: &str) {
    let path = folder.path().join(name);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

fn about_rules(mails: &[Mail]) -> Vec<&str> {
    let rules = mails
        .iter()
        .filter(|mail| mail.subject.starts_with("[Trailward]"));
    rules.map(|mail| mail.subject.as_str()).collect()
}

#[tokio::test]
async fn a_new_rule_is_in_use_within_five_minutes_and_announced_once() {
    let mut world = World::new(STOPPED);
    let folder = tempfile::tempdir().unwrap();
    let mut first = Container::beside(&world, folder.path());
    let mut second = Container::beside(&world, folder.path());
    assert_eq!(first.handle(&mut world, "CreateUser", 1).await, (0, 0));
    assert_eq!(second.handle(&mut world, "StopLogging", 2).await, (1, 0));
    assert!(
        about_rules(&world.mails()).is_empty(),
        "an empty folder is no news"
    );

    write(&folder, "rules/own.yml", OWN);
    assert_eq!(
        first.handle(&mut world, "CreateUser", 3).await,
        (0, 0),
        "not yet time to look"
    );
    world.wait(LOOK_SECONDS);
    assert_eq!(first.handle(&mut world, "CreateUser", 4).await, (1, 0));
    assert_eq!(
        second.handle(&mut world, "CreateUser", 5).await,
        (0, 0),
        "the same alert, folded"
    );
    let mails = world.mails();
    assert_eq!(
        about_rules(&mails),
        ["[Trailward] Rules changed: 1 added, 0 changed, 0 removed, 0 refused"]
    );
    assert!(
        mails[0].body.contains("- A user was made"),
        "{}",
        mails[0].body
    );
}

#[tokio::test]
async fn a_broken_set_never_replaces_a_good_one() {
    let mut world = World::new(STOPPED);
    let folder = tempfile::tempdir().unwrap();
    write(&folder, "rules/own.yml", OWN);
    let mut container = Container::beside(&world, folder.path());
    assert_eq!(container.handle(&mut world, "CreateUser", 1).await, (1, 0));
    world.mails();

    write(
        &folder,
        "rules/own.yml",
        &OWN.replace("condition: made", "condition: mad"),
    );
    world.wait(LOOK_SECONDS);
    assert_eq!(container.handle(&mut world, "StopLogging", 2).await, (1, 1));
    let mails = world.mails();
    assert_eq!(
        about_rules(&mails),
        ["[Trailward] Changed rules refused: 1 problems"]
    );
    assert!(
        mails[0].body.contains("rules/own.yml:"),
        "{}",
        mails[0].body
    );
    let told = container
        .handle_by(&mut world, "lee", "CreateUser", 5)
        .await;
    assert_eq!(told, (1, 1), "the former rule still works");

    // A container that starts has no former set: it runs what loads.
    let mut started = Container::beside(&world, folder.path());
    assert_eq!(started.handle(&mut world, "CreateUser", 3).await, (0, 1));

    write(&folder, "rules/own.yml", OWN);
    world.wait(LOOK_SECONDS);
    assert_eq!(
        container.handle(&mut world, "GetUser", 4).await,
        (0, 0),
        "mended"
    );
}

#[tokio::test]
async fn lists_and_exceptions_come_from_the_folder_too() {
    let mut world = World::new(STOPPED);
    let folder = tempfile::tempdir().unwrap();
    write(
        &folder,
        "rules/own.yml",
        &OWN.replace("CreateUser", "'%watched%'")
            .replace("eventName", "eventName|expand"),
    );
    write(&folder, "lists/watched.txt", "DeleteUser\n");
    write(&folder, "exceptions.yml", EXCEPTION);
    let mut container = Container::beside(&world, folder.path());
    assert_eq!(container.handle(&mut world, "DeleteUser", 1).await, (1, 0));
    assert_eq!(
        container.handle(&mut world, "StopLogging", 2).await,
        (0, 0),
        "excepted"
    );
    assert_eq!(
        container
            .handle_by(&mut world, "lee", "StopLogging", 3)
            .await,
        (1, 0)
    );
}

#[tokio::test]
async fn a_folder_that_cannot_be_read_leaves_the_rules_as_they_are() {
    let mut world = World::new(STOPPED);
    let file = tempfile::NamedTempFile::new().unwrap();
    // A file where the folder should be.
    let mut container = Container::beside(&world, file.path());
    assert_eq!(container.handle(&mut world, "StopLogging", 1).await, (1, 1));
    assert!(about_rules(&world.mails()).is_empty());
}

#[tokio::test]
async fn a_folder_that_can_be_read_again_is_no_longer_an_alarm() {
    let mut world = World::new(STOPPED);
    let top = tempfile::tempdir().unwrap();
    let (folder, aside) = (top.path().join("team"), top.path().join("aside"));
    fs::create_dir_all(folder.join("rules")).unwrap();
    fs::write(folder.join("rules/own.yml"), OWN).unwrap();
    let mut container = Container::beside(&world, &folder);
    assert_eq!(container.handle(&mut world, "CreateUser", 1).await, (1, 0));

    fs::rename(&folder, &aside).unwrap();
    fs::write(&folder, "a file where the folder was").unwrap();
    world.wait(LOOK_SECONDS);
    assert_eq!(container.handle(&mut world, "GetUser", 2).await, (0, 1));
    assert_eq!(
        container.handle(&mut world, "GetUser", 3).await,
        (0, 1),
        "until the next look"
    );

    fs::remove_file(&folder).unwrap();
    fs::rename(&aside, &folder).unwrap();
    world.wait(LOOK_SECONDS);
    assert_eq!(container.handle(&mut world, "GetUser", 4).await, (0, 0));
}

/// What a look back sees: the rules, the team's and the places of refusals.
async fn looked_at(folder: Option<&Path>) -> (usize, usize, Vec<String>, Option<String>) {
    let folder = folder.map(FolderTeam::new);
    let folder = folder.as_ref().map(|folder| folder as &dyn TeamFolder);
    let rules = TeamRules::read(folder, &built_in).await;
    assert_eq!(rules.set.len(), rules.built_in.len() + rules.own.len());
    let places = rules.problems.iter().map(|problem| {
        let location = &problem.location;
        format!("{}:{}", location.file, location.line)
    });
    (
        rules.built_in.len(),
        rules.own.len(),
        places.collect(),
        rules.unread.map(|error| error.to_string()),
    )
}

#[tokio::test]
async fn a_look_back_sees_what_loads_what_is_refused_and_what_cannot_be_read() {
    let built_in = 1;
    assert_eq!(looked_at(None).await, (built_in, 0, vec![], None));

    let folder = tempfile::tempdir().unwrap();
    write(&folder, "rules/own.yml", OWN);
    write(&folder, "rules/broken.yml", "title: Broken\nlevel: grave\n");
    write(&folder, "exceptions.yml", EXCEPTION);
    let (built, own, places, unread) = looked_at(Some(folder.path())).await;
    assert_eq!((built, own, unread), (built_in, 2, None));
    assert_eq!(places[0], "rules/broken.yml:2");

    let file = folder.path().join("rules/own.yml");
    let (built, own, places, unread) = looked_at(Some(&file)).await;
    assert_eq!((built, own, places), (built_in, 0, vec![]));
    assert!(unread.unwrap().contains("the team's folder"));
}

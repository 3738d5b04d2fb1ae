//! Where histories run: any store, and what waits for it.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use pipeline::ports::StateStore;
use tokio::runtime::{Builder, Runtime};

/// A store, empty, once it is there.
pub type Empty = Pin<Box<dyn Future<Output = Arc<dyn StateStore>> + Send>>;

/// Gives each history an empty store, and lets a call to it happen at once:
/// whatever it waits for, no other worker moves meanwhile. That is what makes
/// a history the same in every run, over a network too.
pub struct Ground {
    runtime: Runtime,
    make: Box<dyn Fn() -> Empty + Send + Sync>,
}

impl Ground {
    /// A ground over the stores that `make` makes.
    pub fn new(make: impl Fn() -> Empty + Send + Sync + 'static) -> Arc<Self> {
        Arc::new(Self {
            runtime: Builder::new_current_thread().enable_all().build().unwrap(),
            make: Box::new(make),
        })
    }

    /// A store that holds nothing.
    pub(crate) fn empty(&self) -> Arc<dyn StateStore> {
        self.runtime.block_on((self.make)())
    }

    /// Waits until `work` is done.
    pub(crate) fn at_once<T>(&self, work: impl Future<Output = T>) -> T {
        self.runtime.block_on(work)
    }
}

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// What was loaded last, if anything was. Clones share it; whoever looks something up while another one comes keeps the
/// old one.
#[derive(Debug)]
pub struct Latest<T>(Arc<Mutex<Option<Arc<T>>>>);

impl<T> Latest<T> {
    pub fn of(value: T) -> Self {
        Self(Arc::new(Mutex::new(Some(Arc::new(value)))))
    }

    pub fn swap(&self, value: T) {
        *self.slot() = Some(Arc::new(value));
    }

    pub fn get(&self) -> Option<Arc<T>> {
        self.slot().clone()
    }

    fn slot(&self) -> MutexGuard<'_, Option<Arc<T>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T> Clone for Latest<T> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<T> Default for Latest<T> {
    fn default() -> Self {
        Self(Arc::default())
    }
}

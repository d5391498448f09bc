//! How a test lets a process die: a future that is dropped at one of its awaits has done what came before, and nothing more.

use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker};

/// Polls at most `polls` times, then drops the future: the process died there. `None` says that it did.
pub async fn run_until_crash<F: Future>(future: F, polls: usize) -> Option<F::Output> {
    let mut future = pin!(future);
    for _ in 0..polls {
        if let Some(output) = poll_once(future.as_mut()) {
            return Some(output);
        }
        // What yields inside of it is woken by the runtime.
        tokio::task::yield_now().await;
    }
    None
}

/// Takes the future to its next await, or to its end.
pub fn poll_once<F: Future + ?Sized>(future: Pin<&mut F>) -> Option<F::Output> {
    match future.poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => Some(output),
        Poll::Pending => None,
    }
}

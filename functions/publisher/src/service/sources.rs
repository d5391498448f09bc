//! Where the service's alerts come from.

mod following;

use crate::message::Origin;
use crate::queue::SendError;
use crate::ship::{Route, Shipper, Stop};
use crate::spool::{Entry, Folder};
use crate::window::Window;

pub(crate) use following::{Following, Seen};

/// What one round sends.
pub(crate) enum Source {
    /// What integratord and `send` put into the spool.
    Spool(Vec<Entry>),
    /// What Wazuh writes into `alerts.json`.
    Follow(Box<Following>),
}

/// What a round leaves: the way to the queue, for the next one, and how it went.
pub(crate) struct Landed {
    pub(crate) lane: String,
    pub(crate) route: Option<Route>,
    pub(crate) following: Option<Box<Following>>,
    pub(crate) done: Result<(), Stop>,
}

/// Sends what a source has, over the route of an earlier round if there is one.
pub(crate) async fn round(
    shipper: &Shipper<'_>,
    lane: String,
    folder: Folder,
    source: Source,
    mut route: Option<Route>,
) -> Landed {
    match source {
        Source::Spool(entries) => {
            let origins = entries.into_iter().map(Origin::Spool).collect();
            let mut done = send(shipper, &folder, origins, &mut route).await;
            if let Err(Stop::Send(SendError::Expired(_))) = done {
                // Newer ones may lie where the old ones came from.
                let again = shipper.news(&folder).unwrap_or_default().into_iter().map(Origin::Spool);
                done = send(shipper, &folder, again.collect(), &mut route).await;
            }
            Landed { lane, route, following: None, done }
        }
        Source::Follow(following) => {
            let (mut following, read) = following.read().await;
            // Before the commit: a kill after it would leave nobody who knows of a line that was left out.
            following.tell(shipper.journal);
            let mut done = read;
            if done.is_ok() {
                done = send(shipper, &folder, following.origins(), &mut route).await;
                following.tick_off(&std::mem::take(&mut shipper.report.borrow_mut().lines_done));
                done = done.and_then(|()| following.commit());
            }
            Landed { lane, route, following: Some(following), done }
        }
    }
}

/// Credentials and regions are looked for anew after a failure that another attempt does not cure.
async fn send(
    shipper: &Shipper<'_>,
    folder: &Folder,
    origins: Vec<Origin>,
    route: &mut Option<Route>,
) -> Result<(), Stop> {
    if origins.is_empty() {
        return Ok(());
    }
    let way = match route.take() {
        Some(way) => way,
        None => shipper.route(folder.clone(), Window::default()).await?,
    };
    let done = shipper.send(&way, origins).await;
    if !matches!(&done, Err(Stop::Send(problem)) if !problem.is_transient()) {
        *route = Some(way);
    }
    done
}

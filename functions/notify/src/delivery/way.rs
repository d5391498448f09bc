//! One way to one group.

use super::{Channel, Post};
use crate::routing::{Group, Means, Routes};

/// How a letter goes out, and which gate lets it.
#[derive(Clone, Debug)]
pub(super) struct Way<'a> {
    pub post: Post,
    pub group: &'a Group,
    pub means: Means<'a>,
}

impl<'a> Way<'a> {
    /// Every way to a group.
    pub fn all(group: &'a Group) -> impl Iterator<Item = Self> {
        let way =
            move |means: Means<'a>| Self { post: Post::new(&group.name, means.channel()), group, means };
        group.ways.all().into_iter().map(way)
    }

    /// Who is told now what was held behind this post, although the group or its way may be gone.
    pub fn of(post: Post, routes: &'a Routes) -> Self {
        let group = routes.group(&post.group);
        let means = group.ways.by(post.channel);
        Self { post, group, means }
    }

    pub fn channel(&self) -> Channel {
        self.means.channel()
    }

    /// Whether the same people have the same by mail: a chat that refuses it is then no reason to stop.
    pub fn is_beside_mail(&self) -> bool {
        match self.channel() {
            Channel::Mail => false,
            Channel::Webhook => self.group.ways.has_mail(),
        }
    }
}

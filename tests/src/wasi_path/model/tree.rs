//! The files, directories and symbolic links of the model.

use std::collections::BTreeMap;

/// The number of a node, which it keeps when it is gone.
pub(in crate::wasi_path) type NodeId = usize;

/// What a node is.
#[derive(Clone)]
pub(in crate::wasi_path) enum Kind {
    File(Vec<u8>),
    Directory(BTreeMap<Vec<u8>, NodeId>),
    Link(Vec<u8>),
}

/// A file, a directory or a symbolic link.
#[derive(Clone)]
pub(in crate::wasi_path) struct Node {
    pub(in crate::wasi_path) kind: Kind,
    /// Names of a file or a link; 1 or 0 for a directory.
    pub(in crate::wasi_path) links: u64,
    /// The directory that a directory is in, if it is not the top of a tree.
    pub(in crate::wasi_path) parent: Option<NodeId>,
    /// The time of the last modification, as long as it is known.
    pub(in crate::wasi_path) modified: Option<u64>,
}

/// All nodes that ever were.
#[derive(Clone, Default)]
pub(in crate::wasi_path) struct Tree {
    nodes: Vec<Node>,
}

impl Tree {
    /// A directory that is the top of a tree of its own.
    pub(in crate::wasi_path) fn top(&mut self) -> NodeId {
        let kind = Kind::Directory(BTreeMap::new());
        self.nodes.push(Node { kind, links: 1, parent: None, modified: None });
        self.nodes.len() - 1
    }

    /// A new node in a directory.
    pub(in crate::wasi_path) fn add(
        &mut self,
        directory: NodeId,
        name: &[u8],
        kind: Kind,
    ) -> NodeId {
        let is_directory = matches!(kind, Kind::Directory(_));
        let parent = is_directory.then_some(directory);
        self.nodes.push(Node { kind, links: 0, parent, modified: None });
        let node = self.nodes.len() - 1;
        self.attach(directory, name, node);
        node
    }

    /// Gives a node a name in a directory.
    pub(super) fn attach(&mut self, directory: NodeId, name: &[u8], node: NodeId) {
        self.entries_mut(directory).insert(name.to_vec(), node);
        let node = self.node_mut(node);
        node.links += 1;
        if matches!(node.kind, Kind::Directory(_)) {
            node.parent = Some(directory);
        }
    }

    /// Takes a name away from what has it.
    pub(super) fn detach(&mut self, directory: NodeId, name: &[u8]) {
        if let Some(node) = self.entries_mut(directory).remove(name) {
            self.node_mut(node).links -= 1;
        }
    }

    pub(in crate::wasi_path) fn node(&self, node: NodeId) -> &Node {
        &self.nodes[node]
    }

    pub(super) fn node_mut(&mut self, node: NodeId) -> &mut Node {
        &mut self.nodes[node]
    }

    pub(in crate::wasi_path) fn is_directory(&self, node: NodeId) -> bool {
        matches!(self.nodes[node].kind, Kind::Directory(_))
    }

    /// A directory without a name, in which nothing can be made any more.
    pub(super) fn is_gone(&self, node: NodeId) -> bool {
        self.nodes[node].links == 0
    }

    /// The entries of a directory; nothing else has any.
    pub(in crate::wasi_path) fn entries(&self, node: NodeId) -> Option<&BTreeMap<Vec<u8>, NodeId>> {
        match &self.nodes[node].kind {
            Kind::Directory(entries) => Some(entries),
            _ => None,
        }
    }

    /// The entries of a directory that are about to change, which sets its time.
    fn entries_mut(&mut self, node: NodeId) -> &mut BTreeMap<Vec<u8>, NodeId> {
        let node = &mut self.nodes[node];
        node.modified = None;
        match &mut node.kind {
            Kind::Directory(entries) => entries,
            _ => panic!("only directories have entries"),
        }
    }

    /// Whether `node` is `ancestor`, or somewhere in it.
    pub(super) fn is_within(&self, node: NodeId, ancestor: NodeId) -> bool {
        std::iter::successors(Some(node), |&node| self.nodes[node].parent)
            .any(|node| node == ancestor)
    }

    /// WASI's number of a node's type.
    pub(in crate::wasi_path) fn file_type(&self, node: NodeId) -> u8 {
        match self.nodes[node].kind {
            Kind::Directory(_) => 3,
            Kind::File(_) => 4,
            Kind::Link(_) => 7,
        }
    }
}

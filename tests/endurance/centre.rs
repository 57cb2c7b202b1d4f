//! The command centre's end of the line: an MQTT 3.1.1 session of its own, over plain TCP, that
//! reads to the last byte what a dying broker had sent.
//!
//! Not the client library's event loop: that gives up a connection at the first write that fails,
//! with all that lies unread behind it, and what the broker had acknowledged would look lost.

use std::collections::BTreeMap;
use std::io::{ErrorKind, Read, Write};
use std::net::{Ipv4Addr, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use bytes::BytesMut;
use rumqttc::mqttbytes::{self, QoS, v4};
use tokio::sync::watch;
use v4::{Connect, Packet, PubAck, Publish, Subscribe, SubscribeFilter};

use crate::setting::LIMIT;

const MAX_PACKET_BYTES: usize = 1024 * 1024;
const RECONNECT_PAUSE: Duration = Duration::from_millis(5);
/// How soon a silent connection notices that the centre closes.
const READ_TIMEOUT: Duration = Duration::from_millis(50);

/// A message that arrived.
pub(super) struct Heard<'a> {
    pub(super) topic: &'a str,
    pub(super) payload: &'a [u8],
    pub(super) at: Instant,
}

/// A subscriber that comes back as soon as its broker does. Ends when dropped.
pub(super) struct Centre {
    closing: Arc<AtomicBool>,
    said: Arc<Said>,
    /// How often it was subscribed.
    connections: Arc<watch::Sender<u64>>,
    thread: Option<JoinHandle<()>>,
}

/// What the centre itself publishes, until a broker has taken it over.
#[derive(Default)]
struct Said(Mutex<Outgoing>);

#[derive(Default)]
struct Outgoing {
    stream: Option<TcpStream>,
    last_packet_id: u16,
    unacknowledged: BTreeMap<u16, Packet>,
}

impl Centre {
    /// Subscribes to `filters` under `client_id` at the first of `ports` that answers, and hands
    /// every message to `sink`. Goes on to the next port whenever one does not answer. Returns once
    /// subscribed.
    pub(super) fn listen(
        ports: &[u16],
        client_id: &str,
        filters: &[&str],
        sink: impl FnMut(&Heard<'_>) + Send + 'static,
    ) -> Self {
        let closing = Arc::new(AtomicBool::new(false));
        let said = Arc::new(Said::default());
        let connections = Arc::new(watch::Sender::new(0));
        let (subscribed, is_subscribed) = mpsc::channel();
        let filters = filters.iter().map(|filter| (*filter).to_owned()).collect();
        let mut line = Line {
            client_id: client_id.to_owned(),
            filters,
            said: Arc::clone(&said),
            closing: Arc::clone(&closing),
            connections: Arc::clone(&connections),
            subscribed,
            sink: Box::new(sink),
        };
        let ports = ports.to_vec();
        let thread = thread::spawn(move || {
            for port in ports.iter().cycle() {
                line.attend(*port);
                if line.closing.load(Ordering::Relaxed) {
                    break;
                }
                thread::sleep(RECONNECT_PAUSE);
            }
        });
        is_subscribed.recv_timeout(LIMIT).expect("the broker grants the subscription");
        Self { closing, said, connections, thread: Some(thread) }
    }

    /// How often it has been subscribed until now.
    pub(super) fn connections(&self) -> u64 {
        *self.connections.borrow()
    }

    /// Waits until it is subscribed once more than `before`.
    pub(super) async fn connected_again(&self, before: u64) {
        let mut connections = self.connections.subscribe();
        let again = connections.wait_for(|connections| *connections > before);
        let again = tokio::time::timeout(LIMIT, again).await;
        assert!(again.is_ok(), "the centre comes back");
    }

    /// Publishes, `QoS` 1, and again on every connection until a broker acknowledges.
    pub(super) fn say(&self, topic: &str, payload: &[u8]) {
        let mut outgoing = self.said.lock();
        loop {
            outgoing.last_packet_id = outgoing.last_packet_id.checked_add(1).unwrap_or(1);
            // 1 is the subscription's.
            if outgoing.last_packet_id != 1
                && !outgoing.unacknowledged.contains_key(&outgoing.last_packet_id)
            {
                break;
            }
        }
        let mut publish = Publish::new(topic, QoS::AtLeastOnce, payload);
        publish.pkid = outgoing.last_packet_id;
        let packet = Packet::Publish(publish);
        outgoing.write(&packet);
        let packet_id = outgoing.last_packet_id;
        outgoing.unacknowledged.insert(packet_id, packet);
    }
}

impl Drop for Centre {
    fn drop(&mut self) {
        self.closing.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            let ended = thread.join();
            assert!(ended.is_ok() || thread::panicking(), "the centre's sink panicked");
        }
    }
}

impl Said {
    fn lock(&self) -> std::sync::MutexGuard<'_, Outgoing> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Outgoing {
    /// A broker that is gone gets it on the next connection.
    fn write(&mut self, packet: &Packet) {
        let mut bytes = BytesMut::new();
        packet.write(&mut bytes, MAX_PACKET_BYTES).unwrap();
        if let Some(stream) = &mut self.stream
            && stream.write_all(&bytes).is_err()
        {
            self.stream = None;
        }
    }
}

/// What the listening thread owns.
struct Line {
    client_id: String,
    filters: Vec<String>,
    said: Arc<Said>,
    closing: Arc<AtomicBool>,
    connections: Arc<watch::Sender<u64>>,
    subscribed: mpsc::Sender<()>,
    sink: Box<dyn FnMut(&Heard<'_>) + Send>,
}

impl Line {
    /// One connection, from CONNECT to its last byte.
    fn attend(&mut self, port: u16) {
        let Ok(mut stream) = TcpStream::connect((Ipv4Addr::LOCALHOST, port)) else { return };
        stream.set_nodelay(true).unwrap();
        stream.set_read_timeout(Some(READ_TIMEOUT)).unwrap();
        let Ok(writer) = stream.try_clone() else { return };
        let mut connect = Connect::new(&self.client_id);
        connect.clean_session = false;
        connect.keep_alive = 0;
        {
            let mut outgoing = self.said.lock();
            outgoing.stream = Some(writer);
            outgoing.write(&Packet::Connect(connect));
        }
        let mut bytes = BytesMut::with_capacity(MAX_PACKET_BYTES);
        let mut chunk = vec![0; 256 * 1024];
        while !self.closing.load(Ordering::Relaxed) {
            match stream.read(&mut chunk) {
                Ok(0) => break,
                Ok(count) => bytes.extend_from_slice(&chunk[..count]),
                Err(error) if matches!(error.kind(), ErrorKind::WouldBlock) => continue,
                Err(_reset) => break,
            }
            loop {
                match Packet::read(&mut bytes, MAX_PACKET_BYTES) {
                    Ok(packet) => self.take(packet),
                    Err(mqttbytes::Error::InsufficientBytes(_)) => break,
                    Err(error) => panic!("the broker sent what is no MQTT: {error}"),
                }
            }
        }
        self.said.lock().stream = None;
    }

    fn take(&mut self, packet: Packet) {
        match packet {
            Packet::ConnAck(_) => {
                let filters = self.filters.iter().cloned();
                let mut subscribe = Subscribe::new_many(
                    filters.map(|path| SubscribeFilter::new(path, QoS::AtLeastOnce)),
                );
                subscribe.pkid = 1;
                let mut outgoing = self.said.lock();
                outgoing.write(&Packet::Subscribe(subscribe));
                for packet in outgoing.unacknowledged.clone().into_values() {
                    outgoing.write(&packet);
                }
            }
            Packet::SubAck(_) => {
                self.connections.send_modify(|connections| *connections += 1);
                // Nobody waits there for a second subscription.
                self.subscribed.send(()).ok();
            }
            Packet::PubAck(PubAck { pkid }) => {
                self.said.lock().unacknowledged.remove(&pkid);
            }
            Packet::Publish(publish) => {
                let Publish { topic, payload, .. } = &publish;
                (self.sink)(&Heard { topic, payload, at: Instant::now() });
                if publish.qos == QoS::AtLeastOnce {
                    self.said.lock().write(&Packet::PubAck(PubAck::new(publish.pkid)));
                }
            }
            _ => {}
        }
    }
}

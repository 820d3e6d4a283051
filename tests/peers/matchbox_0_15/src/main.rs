//! A game of two: says hello to every peer that comes, prints what it hears, and stays.
//!
//! One line per event on standard output: `id <uuid>`, `connected <uuid>`, `heard <uuid> <text>`,
//! `disconnected <uuid>`, `ended`. It stops when its standard input is closed.

use std::io::Read;
use std::time::Duration;

use matchbox_socket::{PeerState, RtcIceServerConfig, WebRtcSocketBuilder};

#[tokio::main]
async fn main() {
    let url = std::env::args().nth(1).expect("usage: peer <room url>");
    let local = RtcIceServerConfig { urls: vec![], username: None, credential: None };
    let (mut socket, message_loop) =
        WebRtcSocketBuilder::new(url).ice_server(local).add_reliable_channel().build();
    let mut ended = tokio::spawn(message_loop);
    std::thread::spawn(|| {
        let _ = std::io::stdin().read_to_end(&mut Vec::new());
        std::process::exit(0);
    });
    let mut named = false;
    loop {
        if let (false, Some(id)) = (named, socket.id()) {
            println!("id {id}");
            named = true;
        }
        if ended.is_finished() {
            println!("ended {:?}", (&mut ended).await);
            return;
        }
        for (peer, state) in socket.update_peers() {
            match state {
                PeerState::Connected => {
                    println!("connected {peer}");
                    socket.channel_mut(0).send(b"hello".to_vec().into(), peer);
                }
                PeerState::Disconnected => println!("disconnected {peer}"),
            }
        }
        for (peer, packet) in socket.channel_mut(0).receive() {
            println!("heard {peer} {}", String::from_utf8_lossy(&packet));
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

//! One camera: RTSP session, media clock, gate before the decoder, decoder.

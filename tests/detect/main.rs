//! The detector over local adapters: what becomes of payloads, retries,
//! crashes and floods.

mod inputs;
mod world;

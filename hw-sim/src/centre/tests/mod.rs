//! Tests of the centre in made-up time: workflows as stories, rules that always hold as properties.

mod laws;
mod oddities;
mod outbox;
mod stories;
mod town;

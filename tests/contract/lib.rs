//! For tests: a message judged by the JSON Schema that is published for it, formats included, and a
//! training set by the format that it claims.

#![expect(clippy::expect_used, reason = "a test whose schema is none must fail")]

pub mod coco;

use boon::{Compiler, Draft, SchemaIndex, Schemas};
use serde_json::Value;

const PLACE: &str = "schema:/file";

/// A compiled schema.
pub struct Contract {
    compiled: Schemas,
    root: SchemaIndex,
}

impl Contract {
    /// A schema of draft 2020-12.
    ///
    /// # Panics
    /// If `schema` is no JSON or no schema.
    #[must_use]
    pub fn new(schema: &str) -> Self {
        let schema = serde_json::from_str(schema).expect("JSON");
        Self::of_draft(Draft::V2020_12, schema)
    }

    /// A schema of draft-07, as `AsyncAPI` has them.
    ///
    /// # Panics
    /// If `schema` is no schema.
    #[must_use]
    pub fn draft_07(schema: Value) -> Self {
        Self::of_draft(Draft::V7, schema)
    }

    fn of_draft(draft: Draft, schema: Value) -> Self {
        let mut compiler = Compiler::new();
        compiler.set_default_draft(draft);
        compiler.enable_format_assertions();
        compiler.add_resource(PLACE, schema).expect("the place is a URL");
        let mut compiled = Schemas::new();
        let root = compiler.compile(PLACE, &mut compiled).expect("a schema");
        Self { compiled, root }
    }

    /// Whether `message` follows the schema.
    #[must_use]
    pub fn allows(&self, message: &Value) -> bool {
        self.check(message).is_ok()
    }

    /// Whether `message` follows the schema, or where it does not.
    ///
    /// # Errors
    /// All faults, each with its place in the message.
    pub fn check(&self, message: &Value) -> Result<(), String> {
        self.compiled.validate(message, self.root).map_err(|faults| faults.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_that_is_none_is_a_fault() {
        let schema = serde_json::json!({ "type": "string", "format": "date-time" });
        for contract in [Contract::new(&schema.to_string()), Contract::draft_07(schema)] {
            assert!(contract.allows(&Value::from("2026-11-22T09:10:00+08:00")));
            assert!(!contract.allows(&Value::from("2026-11-22 25:10")));
        }
    }
}

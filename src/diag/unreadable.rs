//! Text that could not be read as a document.

use crate::text::{Fault, FaultKind};

use super::{Code, Diagnostic, Place};

/// What is wrong with a text, where nothing could be read of it.
pub fn unreadable(fault: Fault) -> Diagnostic {
    let code = match fault.kind {
        FaultKind::Syntax => Code::GP001,
        FaultKind::TooLarge => Code::GP002,
        FaultKind::DuplicateKey => Code::GP003,
        FaultKind::SecondDocument => Code::GP004,
        FaultKind::ControlCharacter => Code::GP009,
    };
    Diagnostic::new(code, Place::Bytes(fault.span), fault.message).maybe_help(fault.help)
}

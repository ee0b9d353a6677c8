//! Contracts at the edges: protobuf messages (feature `grpc`) and the JSON shapes of the web
//! API and of the topics. Shapes only: no rule lives here.

pub mod bill;
pub mod event;
pub mod problem;
pub mod web;

/// `bank.v1`: payments, cards and the event feed.
#[cfg(feature = "grpc")]
#[allow(
    missing_docs,
    clippy::large_futures,
    clippy::large_enum_variant,
    reason = "generated from proto/bank/v1"
)]
pub mod bank {
    pub mod v1 {
        tonic::include_proto!("bank.v1");
    }
}

/// `payment`: the original system's contract.
#[cfg(feature = "grpc")]
#[allow(missing_docs, reason = "generated from proto/codebank")]
pub mod codebank {
    tonic::include_proto!("payment");
}

/// The compiled descriptors of every service above, for gRPC reflection.
#[cfg(feature = "grpc")]
pub const DESCRIPTORS: &[u8] = tonic::include_file_descriptor_set!("descriptors");

/// Card data is in these messages: number and security code are cleared when they are dropped,
/// whoever dropped them.
mod cleared {
    use zeroize::Zeroize as _;

    impl Drop for crate::web::CardEntry {
        fn drop(&mut self) {
            self.number.zeroize();
            self.cvv.zeroize();
        }
    }

    #[cfg(feature = "grpc")]
    impl Drop for crate::bank::v1::CardDetails {
        fn drop(&mut self) {
            self.number.zeroize();
            self.cvv.zeroize();
        }
    }

    #[cfg(feature = "grpc")]
    impl Drop for crate::bank::v1::IssueCardRequest {
        fn drop(&mut self) {
            self.number.zeroize();
        }
    }

    #[cfg(feature = "grpc")]
    impl Drop for crate::codebank::payment_request::CreditCard {
        fn drop(&mut self) {
            self.number.zeroize();
            self.cvv.zeroize();
        }
    }
}

/// Card data is in these messages: their Debug says nothing, whatever logs them.
#[cfg(feature = "grpc")]
mod redacted {
    use std::fmt;

    macro_rules! redact {
        ($($message:ty => $name:literal),* $(,)?) => {$(
            impl fmt::Debug for $message {
                fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                    f.write_str(concat!($name, " { redacted }"))
                }
            }
        )*};
    }
    redact! {
        crate::bank::v1::CardDetails => "CardDetails",
        crate::bank::v1::IssueCardRequest => "IssueCardRequest",
        crate::codebank::payment_request::CreditCard => "CreditCard",
    }
}

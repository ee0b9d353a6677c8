//! Compiles the contracts with protox, so that no protoc has to be installed.

#[cfg(feature = "grpc")]
fn main() -> Result<(), Box<dyn std::error::Error>> {
    use prost::Message as _;
    let files = [
        "bank/v1/bank.proto",
        "bank/v1/card.proto",
        "bank/v1/event_feed.proto",
        "codebank/payment.proto",
    ];
    for file in files {
        println!("cargo:rerun-if-changed={file}");
    }
    let descriptors = protox::compile(files, ["."])?;
    let out = std::path::PathBuf::from(std::env::var("OUT_DIR")?);
    std::fs::write(out.join("descriptors.bin"), descriptors.encode_to_vec())?;
    tonic_prost_build::configure()
        // Card data must not reach a log through a derived Debug.
        .skip_debug([
            ".bank.v1.CardDetails",
            ".bank.v1.IssueCardRequest",
            ".payment.PaymentRequest.CreditCard",
        ])
        .compile_fds(descriptors)?;
    Ok(())
}

#[cfg(not(feature = "grpc"))]
fn main() {}

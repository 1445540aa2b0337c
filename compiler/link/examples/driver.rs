//! scratch
fn main() {
    let a: Vec<String> = std::env::args().collect();
    let target = wasm2native_targets::all().iter().find(|t| t.name == a[1]).unwrap();
    let stub = std::fs::read(&a[2]).unwrap();
    let object = std::fs::read(&a[3]).unwrap();
    let input = wasm2native_link::Input {
        target,
        stub: &stub,
        object: &object,
        policy: b"the policy",
        manifest: b"tool=test\n",
        script: None,
    };
    match wasm2native_link::link(&input) {
        Ok(e) => {
            std::fs::write(&a[4], &e.bytes).unwrap();
            println!("{:?}", e.sizes)
        }
        Err(e) => {
            println!("{e}");
            std::process::exit(1)
        }
    }
}

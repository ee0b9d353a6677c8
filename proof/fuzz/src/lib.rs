//! Fuzzing inside of `cargo test`: feeds a decoder with good inputs, with what is kept in its
//! corpus, and with changes of both.
//!
//! There is no instrumentation, and none is needed to get deep: seeds come from the encoders, a
//! `repair` mends what a change breaks everywhere (a checksum), and what the decoder says of an
//! input is taken for its coverage: an input that makes it say something new is changed further.
//! The same seed gives the same inputs.
//!
//! | variable | what it does |
//! |---|---|
//! | `BANCADA_FUZZ_ITERATIONS` | inputs for each decoder |
//! | `BANCADA_FUZZ_SEED` | decides the changes |
//! | `BANCADA_FUZZ_HARVEST` | when set, small inputs that said something new join the corpus |

mod mistyping;
mod mutation;

use std::collections::HashSet;
use std::fmt::Write as _;
use std::hash::{DefaultHasher, Hash, Hasher as _};
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::path::{Path, PathBuf};

use rand::rngs::StdRng;
use rand::{Rng as _, SeedableRng as _};

pub use mistyping::mistypings;

/// Seconds for all decoders together.
const N_ITERATIONS: u64 = 200_000;
/// Inputs that are changed further, at most.
const MAX_POOL: usize = 4_096;
const MAX_INPUT_BYTES: usize = 64 * 1024;
/// What is kept in a repository is small.
const MAX_KEPT_BYTES: usize = 2 * 1024;
/// Files that a harvest adds to a corpus, at most.
const MAX_HARVEST: usize = 8;
/// Changes to one input, at most.
const MAX_CHANGES: u32 = 6;

/// What is done to an input after a change.
type Repair<'a> = dyn Fn(&mut Vec<u8>) + 'a;

/// A decoder's fuzzing.
pub struct Fuzz<'a> {
    corpus: PathBuf,
    seeds: Vec<Vec<u8>>,
    words: Vec<Vec<u8>>,
    repair: Option<Box<Repair<'a>>>,
    n_iterations: u64,
}

impl<'a> Fuzz<'a> {
    /// Of the decoder whose corpus is in this folder of a crate, which need not be there.
    pub fn new(crate_folder: &str, corpus: &str) -> Fuzz<'a> {
        Fuzz {
            corpus: Path::new(crate_folder).join("tests/corpus").join(corpus),
            seeds: vec![Vec::new()],
            words: Vec::new(),
            repair: None,
            n_iterations: variable("BANCADA_FUZZ_ITERATIONS").unwrap_or(N_ITERATIONS),
        }
    }

    /// Inputs that are good, from the encoder.
    pub fn seeds(self, seeds: impl IntoIterator<Item = Vec<u8>>) -> Fuzz<'a> {
        Fuzz { seeds: self.seeds.into_iter().chain(seeds).collect(), ..self }
    }

    /// Texts that mean something to the decoder.
    pub fn words(self, words: &[&str]) -> Fuzz<'a> {
        Fuzz { words: words.iter().map(|word| word.as_bytes().to_vec()).collect(), ..self }
    }

    /// Mends what every change breaks; every other input stays as it was changed.
    pub fn repair(self, repair: impl Fn(&mut Vec<u8>) + 'a) -> Fuzz<'a> {
        Fuzz { repair: Some(Box::new(repair)), ..self }
    }

    /// Runs. `decode` panics if it finds anything wrong, and returns what the decoder said: few
    /// different things for inputs that take the same way through it. An input that makes it panic
    /// is written into the corpus.
    pub fn run<Said: Hash>(self, decode: impl Fn(&[u8]) -> Said) {
        let mut said = HashSet::new();
        let mut run = |input: &[u8]| {
            let outcome = catch_unwind(AssertUnwindSafe(|| hash(&decode(input))));
            outcome.map(|heard| said.insert(heard)).unwrap_or_else(|panic| {
                self.keep("crash", input);
                resume_unwind(panic)
            })
        };
        let mut pool = self.seeds.clone();
        let n_seeds = pool.len();
        pool.extend(self.kept());
        for input in &pool {
            run(input);
        }
        let mut rng = StdRng::seed_from_u64(variable("BANCADA_FUZZ_SEED").unwrap_or(1));
        let mut harvest: Vec<Vec<u8>> = Vec::new();
        for _ in 0..self.n_iterations {
            // Half of the inputs come straight from a good one, and most of them stay close to it.
            let n_bases = if rng.random_bool(0.5) { n_seeds } else { pool.len() };
            let mut input = pool[rng.random_range(0..n_bases)].clone();
            let max_changes = rng.random_range(1..=MAX_CHANGES);
            for _ in 0..rng.random_range(1..=max_changes) {
                let other = &pool[rng.random_range(0..pool.len())];
                mutation::change(&mut input, other, &self.words, &mut rng);
            }
            input.truncate(MAX_INPUT_BYTES);
            if let Some(repair) = self.repair.as_ref().filter(|_| rng.random_bool(0.5)) {
                repair(&mut input);
            }
            if run(&input) && pool.len() < MAX_POOL {
                if input.len() <= MAX_KEPT_BYTES {
                    harvest.push(input.clone());
                }
                pool.push(input);
            }
        }
        if std::env::var_os("BANCADA_FUZZ_HARVEST").is_some() {
            // The last ones took the longest to find.
            let last = harvest.iter().rev().take(MAX_HARVEST);
            last.for_each(|input| self.keep("new", input));
        }
    }

    /// What is in the corpus, in the order of the files' names.
    fn kept(&self) -> Vec<Vec<u8>> {
        let Ok(files) = std::fs::read_dir(&self.corpus) else { return Vec::new() };
        let mut paths: Vec<_> =
            files.map(|file| file.expect("a folder can be read").path()).collect();
        paths.sort();
        paths.iter().map(|path| std::fs::read(path).expect("a corpus can be read")).collect()
    }

    fn keep(&self, why: &str, input: &[u8]) {
        let mut name = format!("{why}-");
        write!(name, "{:016x}", hash(&input)).expect("a string takes everything");
        let path = self.corpus.join(name);
        let kept =
            std::fs::create_dir_all(&self.corpus).and_then(|()| std::fs::write(&path, input));
        kept.unwrap_or_else(|error| panic!("{} cannot be written: {error}", path.display()));
    }
}

/// What an error says without what it quotes and counts.
pub fn gist(error: &impl std::fmt::Display) -> String {
    let text = error.to_string();
    let unquoted = text.split(['`', '"', '\'']).step_by(2);
    unquoted.flat_map(str::chars).filter(|it| it.is_alphabetic() || *it == ' ').take(80).collect()
}

fn variable(name: &str) -> Option<u64> {
    let text = std::env::var(name).ok()?;
    Some(text.parse().unwrap_or_else(|_| panic!("{name} is a number")))
}

/// The same in every run: a fresh `DefaultHasher` has no key.
fn hash(value: &impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use std::cell::{Cell, RefCell};

    use super::*;

    /// Counts how many letters of a word an input begins with.
    fn n_right(input: &[u8]) -> usize {
        input.iter().zip(b"fuzz").take_while(|(a, b)| a == b).count()
    }

    #[test]
    fn what_a_decoder_says_leads_to_a_deep_fault_which_is_kept_and_found_again() {
        let folder = tempfile::tempdir().expect("a folder");
        let crate_folder = folder.path().to_str().expect("a path in UTF-8");
        let decode = |input: &[u8]| {
            assert!(n_right(input) < 4, "planted");
            n_right(input)
        };
        let fuzz = || Fuzz { n_iterations: 500_000, ..Fuzz::new(crate_folder, "word") };
        assert!(catch_unwind(|| fuzz().run(decode)).is_err(), "found");
        let kept = fuzz().kept();
        assert!(kept.len() == 1 && n_right(&kept[0]) == 4, "{kept:?}");
        let again = catch_unwind(|| Fuzz { n_iterations: 0, ..fuzz() }.run(decode));
        assert!(again.is_err(), "found again in the corpus");
    }

    #[test]
    fn a_seed_gives_the_same_inputs_and_half_of_them_repaired() {
        let inputs = || {
            let (seen, n_repaired) = (RefCell::new(Vec::new()), Cell::new(0));
            let fuzz = Fuzz { n_iterations: 1_000, ..Fuzz::new("nowhere", "none") };
            let fuzz = fuzz.seeds([b"seed".to_vec()]).words(&["word"]);
            fuzz.repair(|_| n_repaired.set(n_repaired.get() + 1)).run(|input| {
                seen.borrow_mut().push(input.to_vec());
                input.len()
            });
            assert!((400..600).contains(&n_repaired.get()), "{n_repaired:?}");
            seen.into_inner()
        };
        assert_eq!(inputs(), inputs());
    }
}

//! Whether the simulator finds what is wrong: in the code that it runs, and in what it is told.

mod evidence;
mod planted;

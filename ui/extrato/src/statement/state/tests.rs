use bancada_proto::problem::Problem;
use bancada_proto::web::{LineKind, MaskedCard, Money};

use super::*;

fn brl(amount_minor: i64) -> Money {
    Money { amount_minor, currency: "BRL".into() }
}

fn card(available: i64) -> StatementCard {
    StatementCard {
        token: "c".into(),
        card: MaskedCard { brand: "visa".into(), masked: "************4242".into() },
        holder: "Ana".into(),
        status: "active".into(),
        limit: brl(1_000),
        available: brl(available),
        balance: brl(0),
        held: brl(0),
        current_fatura: brl(0),
        fatura_due: brl(0),
        closing_day: 1,
        due_day: 10,
    }
}

fn line(position: u64) -> StatementLine {
    StatementLine {
        position,
        transaction_id: format!("t{position}"),
        kind: LineKind::Purchase,
        store: "Loja".into(),
        description: "mug".into(),
        amount: brl(10),
        installments: 1,
        has_ended: false,
        decline: None,
        occurred_at_ms: 0,
        trace_id: None,
    }
}

fn freshness(applied_position: u64) -> Freshness {
    Freshness {
        applied_position,
        committed_position: applied_position,
        connected: true,
        is_of_other_past: false,
        is_being_rebuilt: false,
        heard_at_ms: None,
        now_ms: 0,
    }
}

/// A page of these positions; the card has `applied` available, so that its age shows.
fn page(positions: &[u64], next: Option<u64>, applied: u64) -> Box<Statement> {
    Box::new(Statement {
        card: card(i64::try_from(applied).unwrap()),
        lines: positions.iter().copied().map(line).collect(),
        next,
        freshness: freshness(applied),
    })
}

fn live(position: u64) -> StatementAction {
    let card = card(i64::try_from(position).unwrap());
    StatementAction::Live(Box::new(StatementUpdate { line: Some(line(position)), card }), None)
}

fn after(actions: Vec<StatementAction>) -> StatementState {
    let start = Rc::new(StatementState::default());
    (*actions.into_iter().fold(start, StatementState::reduce)).clone()
}

fn positions(state: &StatementState) -> Vec<u64> {
    state.lines.iter().map(|line| line.position).collect()
}

fn newest_arrived(state: &StatementState) -> Option<u64> {
    state.arrived.as_ref().map(|arrived| arrived.line.position)
}

use StatementAction::{
    Answered, Ask, Fresh, Heard, Interrupted, Older, Opened, Reading, Retry, ShowNew,
};

fn loaded() -> Vec<StatementAction> {
    vec![Answered(1, Ok(page(&[9, 7, 5], Some(5), 9)))]
}

fn loaded_then(more: Vec<StatementAction>) -> StatementState {
    after(loaded().into_iter().chain(more).collect())
}

#[test]
fn live_lines_join_the_page_once_and_are_announced() {
    let state = loaded_then(vec![live(12), live(11), live(12), live(9)]);
    assert_eq!(positions(&state), [12, 11, 9, 7, 5]);
    assert_eq!(newest_arrived(&state), Some(11));
    assert_eq!(state.seen_position, Some(9));
    assert_eq!(state.next, Some(5));
    assert_eq!(state.freshness.map(|freshness| freshness.applied_position), Some(12));
}

#[test]
fn an_older_state_of_the_card_does_not_replace_a_newer_one() {
    let available = |state: &StatementState| state.card.as_ref().map(|c| c.available.amount_minor);
    assert_eq!(available(&loaded_then(vec![live(12), live(11)])), Some(12));
    let refreshed = vec![live(12), Retry, Answered(2, Ok(page(&[9], Some(9), 10)))];
    assert_eq!(available(&loaded_then(refreshed)), Some(12));
    let refreshed = vec![live(12), Retry, Answered(2, Ok(page(&[12], Some(12), 15)))];
    assert_eq!(available(&loaded_then(refreshed)), Some(15));
}

#[test]
fn a_line_that_comes_before_the_first_page_is_asked_for_again() {
    let state = after(vec![live(12), Answered(1, Ok(page(&[9], None, 9)))]);
    assert_eq!((positions(&state), state.newest), (vec![9], Some(2)));
    let state = Rc::new(state).reduce(Answered(2, Ok(page(&[12, 9], None, 12))));
    assert_eq!((positions(&state), state.newest), (vec![12, 9], None));
}

#[test]
fn an_opened_stream_asks_for_what_was_missed() {
    let asked = Answered(2, Ok(page(&[9], Some(9), 9)));
    let state = loaded_then(vec![Interrupted, asked, Opened]);
    assert_eq!((state.link, state.newest), (Link::Open, Some(3)));
    let state = Rc::new(state).reduce(Answered(3, Ok(page(&[11, 9, 7], Some(7), 11))));
    assert_eq!(positions(&state), [11, 9, 7, 5]);
    assert_eq!(state.next, Some(5), "older pages go on from where they were");
    assert_eq!(newest_arrived(&state), Some(11));
}

#[test]
fn a_gap_begins_the_list_anew() {
    let state = loaded_then(vec![Opened, Answered(2, Ok(page(&[30, 29], Some(29), 30)))]);
    assert_eq!((positions(&state), state.next), (vec![30, 29], Some(29)));
}

#[test]
fn older_pages_are_appended_one_at_a_time() {
    let state = loaded_then(vec![Older, Older]);
    assert_eq!(state.older, Some(2));
    let state = Rc::new(state).reduce(Answered(2, Ok(page(&[5, 3, 1], None, 9))));
    assert_eq!((positions(&state), state.next), (vec![9, 7, 5, 3, 1], None));
    assert_eq!(state.reduce(Older).older, None, "there is nothing older");
}

#[test]
fn a_new_filter_replaces_the_lines_and_ignores_late_answers() {
    let search = StatementAction::Filter(FilterChange::Search("mug".into()));
    let state = loaded_then(vec![Older, search]);
    assert_eq!((state.current, state.newest, state.older), (false, Some(3), None));
    let state = Rc::new(state).reduce(Answered(2, Ok(page(&[3], None, 9))));
    assert_eq!(positions(&state), [9, 7, 5], "kept until the filter's own answer");
    let state = state.reduce(Answered(3, Ok(page(&[7], None, 9))));
    assert_eq!((positions(&state), state.next), (vec![7], None));
    let state = state.reduce(live(12));
    assert_eq!((positions(&state), state.newest), (vec![7], Some(4)), "the server decides");
    let state = state.reduce(Answered(4, Ok(page(&[12, 7], None, 12))));
    assert_eq!(positions(&state), [12, 7]);
    assert_eq!(newest_arrived(&state), Some(12));
}

#[test]
fn a_failure_keeps_what_is_shown() {
    let problem = ApiError::Problem(Box::new(Problem {
        kind: String::new(),
        title: String::new(),
        status: 503,
        detail: String::new(),
        code: "unavailable".into(),
        texts: None,
        field: None,
        trace_id: None,
    }));
    let state = loaded_then(vec![Retry, Answered(2, Err(problem.clone()))]);
    assert_eq!((positions(&state), state.error.clone()), (vec![9, 7, 5], Some(problem)));
    let state = Rc::new(state).reduce(Retry).reduce(Answered(3, Ok(page(&[9], Some(9), 9))));
    assert_eq!(state.error, None);
}

#[test]
fn freshness_is_the_last_one_told() {
    let state = loaded_then(vec![Fresh(freshness(20))]);
    assert_eq!(state.freshness, Some(freshness(20)));
}

/// Lines of these positions, heard in one frame.
fn heard(positions: impl IntoIterator<Item = u64>) -> StatementAction {
    Heard(positions.into_iter().map(live).collect())
}

#[test]
fn endless_news_do_not_let_the_list_grow() {
    let last = 9 + 10 * LIVE_LINES as u64;
    let state = loaded_then(vec![heard(10..=last)]);
    assert_eq!(positions(&state), ((last - 99)..=last).rev().collect::<Vec<_>>());
    assert_eq!(state.next, Some(last - 99));
    assert_eq!(state.arrived.as_ref().map(|arrived| arrived.n_lines), Some(last - 9));
}

#[test]
fn what_the_reader_asked_for_is_not_pushed_out() {
    let page = |newest: u64| {
        page(&(newest - 49..=newest).rev().collect::<Vec<_>>(), Some(newest - 49), 900)
    };
    let pages = [Answered(1, Ok(page(900))), Older, Answered(2, Ok(page(850))), Older];
    let state = after(pages.into_iter().chain([Answered(3, Ok(page(800)))]).collect());
    assert_eq!(state.lines.len(), 150);
    let state = Rc::new(state).reduce(heard(901..=1_000));
    assert_eq!((state.lines.len(), state.lines[0].position), (150, 1_000));
    assert_eq!(state.next, Some(851), "older ones can be asked for again");
}

#[test]
fn lines_wait_while_somebody_reads() {
    let state = loaded_then(vec![Reading(true), heard([12, 11, 12])]);
    assert_eq!((positions(&state), state.n_held_back), (vec![9, 7, 5], 2));
    assert_eq!(newest_arrived(&state), Some(11), "announced all the same");
    let shown = Rc::new(state.clone()).reduce(ShowNew);
    assert_eq!((positions(&shown), shown.n_held_back), (vec![12, 11, 9, 7, 5], 0));
    let shown = shown.reduce(heard([13]));
    assert_eq!(shown.n_held_back, 1, "the reader has not come back yet");
    let back = Rc::new(state.clone()).reduce(Reading(false)).reduce(heard([13]));
    assert_eq!((positions(&back), back.n_held_back), (vec![13, 12, 11, 9, 7, 5], 0));
    let page = Answered(2, Ok(page(&[13, 12, 11, 9], Some(9), 13)));
    let refreshed = Rc::new(state).reduce(Retry).reduce(page);
    assert_eq!((positions(&refreshed), refreshed.n_held_back), (vec![9, 7, 5], 3));
}

#[test]
fn more_lines_that_wait_than_are_kept_begin_the_list_anew() {
    let state = loaded_then(vec![Reading(true), heard(10..=209)]);
    assert_eq!((positions(&state), state.n_held_back), (vec![9, 7, 5], 200));
    let state = Rc::new(state).reduce(ShowNew);
    assert_eq!(positions(&state), (110..=209).rev().collect::<Vec<_>>());
    assert_eq!(state.next, Some(110));
}

#[test]
fn without_a_stream_answers_tell_how_it_is() {
    let state = loaded_then(vec![Ask]);
    assert_eq!((state.link, state.newest), (Link::Connecting, Some(2)));
    let answer = || Answered(2, Ok(page(&[11, 9], None, 11)));
    let asked = Rc::new(state).reduce(answer());
    assert_eq!((asked.link, positions(&asked)), (Link::Open, vec![11, 9, 7, 5]));
    let state = loaded_then(vec![Interrupted]);
    assert_eq!((state.link, state.newest), (Link::Interrupted, Some(2)));
    assert_eq!(Rc::new(state.clone()).reduce(answer()).link, Link::Open);
    let failed = Rc::new(state).reduce(Answered(2, Err(ApiError::Network)));
    assert_eq!(failed.link, Link::Interrupted);
    let state = loaded_then(vec![Opened, Answered(2, Err(ApiError::Network))]);
    assert_eq!(state.link, Link::Open, "the stream tells");
}

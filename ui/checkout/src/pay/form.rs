//! The card form's state. Card data lives here, in memory, and nowhere else in the browser.

use std::rc::Rc;

use bancada_kernel::test_cards::TestCard;
use bancada_ui_kit::api::ApiError;
use yew::Reducible;

use super::check::{CardInput, FieldError};
use super::kept::Typed;

/// A field of the card form, in its order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Field {
    Number,
    Holder,
    Expiry,
    Cvv,
}

impl Field {
    pub(crate) const ALL: [Field; 4] = [Field::Number, Field::Holder, Field::Expiry, Field::Cvv];

    /// The field that a path in a problem names.
    fn of_path(path: &str) -> Option<Field> {
        match path {
            "card.number" => Some(Field::Number),
            "card.holder" => Some(Field::Holder),
            "card.expiry_month" | "card.expiry_year" | "card.expiry" => Some(Field::Expiry),
            "card.cvv" => Some(Field::Cvv),
            _ => None,
        }
    }
}

#[derive(Clone, PartialEq)]
pub(crate) struct PayForm {
    pub(crate) card: CardInput,
    /// 1 to 12.
    pub(crate) installments: u32,
    pub(crate) errors: Vec<(Field, FieldError)>,
    /// Why the server took no order, when no single field is at fault.
    pub(crate) refusal: Option<ApiError>,
    /// A request is on its way; nothing may be sent beside it.
    pub(crate) in_flight: bool,
    /// Grows whenever the form has something new to complain about: the focus then moves.
    pub(crate) n_complaints: u32,
    /// Grows whenever the server took no order, and no field is at fault: the same.
    pub(crate) n_refusals: u32,
}

pub(crate) enum PayAction {
    Typed(Field, String),
    Installments(u32),
    UseTestCard(&'static TestCard),
    /// The form's own checks failed.
    Complain(Vec<(Field, FieldError)>),
    Sent,
    /// The server took no order, and says why.
    Refused(ApiError),
    /// An order exists, or may: the card data has done its work.
    Done,
}

impl Default for PayForm {
    fn default() -> PayForm {
        PayForm {
            card: CardInput::default(),
            installments: 1,
            errors: Vec::new(),
            refusal: None,
            in_flight: false,
            n_complaints: 0,
            n_refusals: 0,
        }
    }
}

impl PayForm {
    /// A form in which some fields are filled in.
    pub(crate) fn beginning_with(kept: Option<Typed>) -> PayForm {
        match kept {
            Some(Typed { card, installments }) => {
                PayForm { card, installments, ..PayForm::default() }
            }
            None => PayForm::default(),
        }
    }

    pub(crate) fn text_of(&self, field: Field) -> &str {
        match field {
            Field::Number => &self.card.number,
            Field::Holder => &self.card.holder,
            Field::Expiry => &self.card.expiry,
            Field::Cvv => &self.card.cvv,
        }
    }

    pub(crate) fn error_of(&self, field: Field) -> Option<&FieldError> {
        self.errors.iter().find(|(at, _)| *at == field).map(|(_, error)| error)
    }

    /// Where the focus goes after a complaint.
    pub(crate) fn first_bad_field(&self) -> Option<Field> {
        Field::ALL.into_iter().find(|field| self.error_of(*field).is_some())
    }

    fn type_into(&mut self, field: Field, text: String) {
        let place = match field {
            Field::Number => &mut self.card.number,
            Field::Holder => &mut self.card.holder,
            Field::Expiry => &mut self.card.expiry,
            Field::Cvv => &mut self.card.cvv,
        };
        *place = text;
        // What is being mended is not complained about until it is sent again.
        self.errors.retain(|(at, _)| *at != field);
    }

    fn fill_in(&mut self, card: &TestCard) {
        self.card = CardInput {
            number: card.printed_number(),
            holder: card.holder.to_owned(),
            expiry: format!("{:02}/{}", card.expiry.1, card.expiry.0),
            cvv: "1234"[..card.brand.cvv_length()].to_owned(),
        };
        self.errors.clear();
        self.refusal = None;
    }

    fn complain(&mut self, errors: Vec<(Field, FieldError)>) {
        self.errors = errors;
        self.n_complaints += 1;
    }

    fn refuse(&mut self, error: ApiError) {
        self.in_flight = false;
        let at_fault = match &error {
            ApiError::Problem(problem) => problem
                .field
                .as_deref()
                .and_then(Field::of_path)
                .map(|field| (field, FieldError::Server(problem.clone()))),
            _ => None,
        };
        match at_fault {
            Some(at_fault) => self.complain(vec![at_fault]),
            None => {
                self.refusal = Some(error);
                self.n_refusals += 1;
            }
        }
    }
}

impl Reducible for PayForm {
    type Action = PayAction;

    fn reduce(mut self: Rc<Self>, action: PayAction) -> Rc<Self> {
        let form = Rc::make_mut(&mut self);
        match action {
            PayAction::Typed(field, text) => form.type_into(field, text),
            PayAction::Installments(count) => form.installments = count.clamp(1, 12),
            PayAction::UseTestCard(card) => form.fill_in(card),
            PayAction::Complain(errors) => form.complain(errors),
            PayAction::Sent => {
                form.in_flight = true;
                form.errors.clear();
                form.refusal = None;
            }
            PayAction::Refused(error) => form.refuse(error),
            PayAction::Done => *form = PayForm::default(),
        }
        self
    }
}

#[cfg(test)]
mod tests {
    use bancada_kernel::test_cards::TEST_CARDS;
    use bancada_proto::problem::Problem;

    use super::*;
    use crate::pay::check::check;
    use crate::text::PayText;

    fn problem(field: Option<&str>) -> ApiError {
        ApiError::Problem(Box::new(Problem {
            kind: String::new(),
            title: String::new(),
            status: 422,
            detail: "no".into(),
            code: "card_number_invalid".into(),
            texts: None,
            field: field.map(str::to_owned),
            trace_id: None,
        }))
    }

    #[test]
    fn every_test_card_fills_a_form_that_passes_the_checks() {
        for card in TEST_CARDS {
            let form = Rc::new(PayForm::default()).reduce(PayAction::UseTestCard(card));
            assert!(check(&form.card).is_ok(), "{}", card.number);
        }
    }

    #[test]
    fn the_first_bad_field_gets_the_focus_and_typing_clears_its_message() {
        let errors = vec![
            (Field::Cvv, FieldError::Is(PayText::CvvEmpty)),
            (Field::Holder, FieldError::Is(PayText::HolderEmpty)),
        ];
        let form = Rc::new(PayForm::default()).reduce(PayAction::Complain(errors));
        assert_eq!((form.first_bad_field(), form.n_complaints), (Some(Field::Holder), 1));
        let form = form.reduce(PayAction::Typed(Field::Holder, "Ana".into()));
        assert_eq!(form.first_bad_field(), Some(Field::Cvv));
    }

    #[test]
    fn a_refusal_goes_to_its_field_or_to_the_form_and_keeps_what_was_typed() {
        let sent = Rc::new(PayForm::default())
            .reduce(PayAction::UseTestCard(&TEST_CARDS[0]))
            .reduce(PayAction::Sent);
        assert!(sent.in_flight);
        let at_field = sent.clone().reduce(PayAction::Refused(problem(Some("card.number"))));
        assert_eq!(at_field.first_bad_field(), Some(Field::Number));
        assert!(!at_field.in_flight && at_field.refusal.is_none());
        let at_form = sent.reduce(PayAction::Refused(problem(None)));
        assert!(at_form.refusal.is_some() && at_form.first_bad_field().is_none());
        assert_eq!((at_form.n_refusals, at_form.n_complaints), (1, 0));
        assert_eq!(at_form.card.cvv, "123");
    }

    #[test]
    fn card_data_is_gone_once_an_order_exists() {
        let form = Rc::new(PayForm::default())
            .reduce(PayAction::UseTestCard(&TEST_CARDS[0]))
            .reduce(PayAction::Sent)
            .reduce(PayAction::Done);
        assert!(form.card == CardInput::default());
    }
}

//! Conversations: what was said, what it rests on, and what can be acted on.

#![expect(
    clippy::unused_async,
    reason = "resolvers are async by the contract of the macro"
)]

use super::{
    Moment,
    proposal::Proposal,
    scalar::{Counter, Time},
    ticket::Ticket,
};
use crate::auth::Caller;
use async_graphql::{ComplexObject, Context, Enum, Result, SimpleObject};
use jarvis_assistant::{
    message::{self, Card as Shown, MessageState as Stands, Speaker},
    talk::Kept,
    talks::Head,
};

/// A conversation of the caller's.
#[derive(Debug, Clone, PartialEq, SimpleObject)]
#[graphql(complex)]
pub struct Conversation {
    /// Its name.
    pub id: String,
    /// What it began with.
    pub title: String,
    /// When it began.
    pub started_at: Time,
    /// When something was last said in it.
    pub last_at: Time,
    /// What it has cost, in millionths of a dollar.
    pub micro_dollars: Counter,
}

impl From<&Head> for Conversation {
    fn from(head: &Head) -> Self {
        Self {
            id: head.id.to_string(),
            title: head.title.clone(),
            started_at: head.started_at.into(),
            last_at: head.last_at.into(),
            micro_dollars: Counter(head.micro_dollars),
        }
    }
}

impl From<&Kept> for Conversation {
    fn from(kept: &Kept) -> Self {
        Self {
            id: kept.id.to_string(),
            title: kept.title.clone(),
            started_at: kept.started_at.into(),
            last_at: kept.last_at.into(),
            micro_dollars: Counter(kept.micro_dollars()),
        }
    }
}

#[ComplexObject]
impl Conversation {
    /// What was said, oldest first.
    #[graphql(complexity = "20 * child_complexity")]
    async fn messages(&self, context: &Context<'_>) -> Result<Vec<Message>> {
        let shared = crate::graphql::shared(context)?;
        let caller = crate::graphql::caller(context)?;
        let id = message::ConversationId(self.id.clone());
        let found = shared.assistant.conversation(&caller.user, &id);
        let kept = found.map_err(crate::graphql::errors::of_conversation)?;
        let (moment, pushes) = (shared.moment(), shared.handle.pushes());
        let told = kept.messages.iter();
        Ok(told
            .map(|message| Message::of(message, &moment, caller, pushes))
            .collect())
    }
}

/// How far a message is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
pub enum MessageState {
    /// More of it comes.
    Coming,
    /// It is whole.
    Whole,
    /// A person stopped it.
    Cancelled,
    /// It ended before it was whole.
    Broken,
}

/// One thing that was said.
#[derive(Debug, Clone, PartialEq, SimpleObject)]
pub struct Message {
    /// Its number in the conversation, from 1.
    pub seq: i32,
    /// When it was begun.
    pub at: Time,
    /// The person who says it; absent when Jarvis does.
    pub user: Option<String>,
    /// What is said: plain text, `- ` begins an entry of a list. Links and markup mean nothing.
    pub text: String,
    /// How far it is.
    pub state: MessageState,
    /// Why it is broken, and what to do.
    pub problem: Option<String>,
    /// Which mind answered.
    pub mind: Option<Mind>,
    /// What its claims rest on.
    pub facts: Vec<Fact>,
    /// Figures and names in a model's words that stand in nothing it read: worked out, or made up.
    pub unfounded: Vec<String>,
    /// Tools that were called for it, in order.
    pub tools: Vec<ToolUse>,
    /// What can be acted on.
    pub cards: Vec<Card>,
    /// What one may want to say next.
    pub suggestions: Vec<String>,
}

/// Which mind answered, why that one, and what it took.
#[derive(Debug, Clone, PartialEq, Eq, SimpleObject)]
pub struct Mind {
    /// `built-in`, or the id of a model.
    pub name: String,
    /// Whether what it was asked stayed in the house.
    pub local: bool,
    /// Why this one.
    pub reason: String,
    /// Tokens it read.
    pub prompt_tokens: Counter,
    /// Tokens it wrote.
    pub output_tokens: Counter,
    /// What that cost, in millionths of a dollar.
    pub micro_dollars: Counter,
}

/// What a claim rests on.
#[derive(Debug, Clone, PartialEq, Eq, SimpleObject)]
pub struct Fact {
    /// What is claimed.
    pub claim: String,
    /// Where it stands: `guest/101 status`, `event 1234`, `revision 3f2a9c1`.
    pub source: String,
    /// When that was so.
    pub at: Option<Time>,
}

/// A tool that was called.
#[derive(Debug, Clone, PartialEq, Eq, SimpleObject)]
pub struct ToolUse {
    /// The tool.
    pub tool: String,
    /// Its arguments, JSON.
    pub arguments: String,
    /// What came of it, in a line; absent while it runs.
    pub result: Option<String>,
    /// Whether it came to nothing.
    pub is_error: bool,
}

/// What kind of card.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
pub enum CardKind {
    /// A request for an action: to be confirmed, under way, over, or refused.
    Action,
    /// A manifest change that waits for a person, or waited.
    Proposal,
    /// The lasting way to want what was asked for.
    Offer,
}

/// Something in a message that can be acted on.
#[derive(Debug, Clone, PartialEq, SimpleObject)]
pub struct Card {
    /// What kind.
    pub kind: CardKind,
    /// The request as it stands now, for ACTION; absent once it is remembered no more.
    pub ticket: Option<Ticket>,
    /// What to know before confirming: what it interrupts, how the vote would stand, how to undo it.
    pub notes: Vec<String>,
    /// The proposal as it stands now, for PROPOSAL.
    pub proposal: Option<Proposal>,
    /// What is offered, for OFFER.
    pub title: Option<String>,
    /// Why it is offered.
    pub reason: Option<String>,
    /// What to say to have it.
    pub say: Option<String>,
}

impl Message {
    /// A message, with its cards as they stand now.
    pub fn of(message: &message::Message, moment: &Moment, caller: &Caller, pushes: bool) -> Self {
        let (state, problem) = match &message.state {
            Stands::Coming => (MessageState::Coming, None),
            Stands::Whole => (MessageState::Whole, None),
            Stands::Cancelled => (MessageState::Cancelled, None),
            Stands::Broken { why } => (MessageState::Broken, Some(why.clone())),
        };
        Self {
            seq: number(message.seq),
            at: message.at.into(),
            user: match &message.speaker {
                Speaker::Person { user } => Some(user.clone()),
                Speaker::Jarvis => None,
            },
            text: message.text.clone(),
            state,
            problem,
            mind: message.mind.as_ref().map(Mind::from),
            facts: message.facts.iter().map(Fact::from).collect(),
            unfounded: message.unfounded.clone(),
            tools: message.tools.iter().map(ToolUse::from).collect(),
            cards: message
                .cards
                .iter()
                .map(|card| Card::of(card, moment, caller, pushes))
                .collect(),
            suggestions: message.suggestions.clone(),
        }
    }
}

impl From<&message::Mind> for Mind {
    fn from(mind: &message::Mind) -> Self {
        Self {
            name: mind.name.clone(),
            local: mind.local,
            reason: mind.reason.clone(),
            prompt_tokens: Counter(mind.prompt_tokens),
            output_tokens: Counter(mind.output_tokens),
            micro_dollars: Counter(mind.micro_dollars),
        }
    }
}

impl From<&message::Fact> for Fact {
    fn from(fact: &message::Fact) -> Self {
        Self {
            claim: fact.claim.clone(),
            source: fact.source.clone(),
            at: fact.at.map(Time),
        }
    }
}

impl From<&message::ToolUse> for ToolUse {
    fn from(used: &message::ToolUse) -> Self {
        Self {
            tool: used.tool.clone(),
            arguments: used.arguments.clone(),
            result: used.result.clone(),
            is_error: used.is_error,
        }
    }
}

impl Card {
    fn of(card: &Shown, moment: &Moment, caller: &Caller, pushes: bool) -> Self {
        let mut made = Self {
            kind: CardKind::Action,
            ticket: None,
            notes: Vec::new(),
            proposal: None,
            title: None,
            reason: None,
            say: None,
        };
        let memory = &moment.view.memory;
        match card {
            Shown::Action { ticket, notes } => {
                made.ticket = memory.tickets.get(ticket).map(Ticket::from);
                made.notes.clone_from(notes);
            }
            Shown::Proposal { proposal } => {
                made.kind = CardKind::Proposal;
                let found = memory.proposals.get(proposal);
                made.proposal = found.map(|proposal| Proposal::of(proposal, moment, caller, pushes));
            }
            Shown::Offer { title, reason, say } => {
                made.kind = CardKind::Offer;
                (made.title, made.reason, made.say) =
                    (Some(title.clone()), Some(reason.clone()), Some(say.clone()));
            }
        }
        made
    }
}

/// What was said, by number.
#[derive(Debug, Clone, PartialEq, Eq, SimpleObject)]
pub struct SentMessage {
    /// The conversation.
    pub conversation: String,
    /// The message's number in it.
    pub seq: i32,
}

/// A change of a conversation.
#[derive(Debug, Clone, PartialEq, SimpleObject)]
pub struct ConversationUpdate {
    /// Whether `messages` are all there are: at first, and after the client fell behind.
    pub snapshot: bool,
    /// Messages that are new or different, whole.
    pub messages: Vec<Message>,
    /// A message that grew at its end.
    pub added: Option<TextAdded>,
    /// Whether the conversation was deleted.
    pub gone: bool,
}

/// Text at the end of a message.
#[derive(Debug, Clone, PartialEq, Eq, SimpleObject)]
pub struct TextAdded {
    /// Which message.
    pub seq: i32,
    /// Unicode characters (code points) it had before.
    pub from: i32,
    /// What was added.
    pub text: String,
}

/// A message's number on the wire.
pub fn number(seq: u64) -> i32 {
    i32::try_from(seq).unwrap_or(i32::MAX)
}

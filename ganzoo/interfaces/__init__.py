"""The contract of each kind of component, for authors to implement. They need nothing but torch.

A component is a class. The parameters of its constructor are the settings that a recipe may write,
checked against their annotations; the parameters of a loss's `forward` and of a metric's `update`
are its wires. Images are float tensors of shape (N, C, H, W) with values in [-1, 1].
"""

from ganzoo.interfaces.augmentation import Augmentation as Augmentation
from ganzoo.interfaces.buffer import Buffer as Buffer
from ganzoo.interfaces.callback import Callback as Callback
from ganzoo.interfaces.callback import LogEntry as LogEntry
from ganzoo.interfaces.callback import Reference as Reference
from ganzoo.interfaces.callback import Scores as Scores
from ganzoo.interfaces.callback import ScoreTable as ScoreTable
from ganzoo.interfaces.data import Data as Data
from ganzoo.interfaces.data_fingerprint import DomainFacts as DomainFacts
from ganzoo.interfaces.data_fingerprint import DomainGap as DomainGap
from ganzoo.interfaces.data_fingerprint import Fingerprint as Fingerprint
from ganzoo.interfaces.data_fingerprint import Machine as Machine
from ganzoo.interfaces.latent import Latent as Latent
from ganzoo.interfaces.losses import AdversarialLoss as AdversarialLoss
from ganzoo.interfaces.losses import Discriminate as Discriminate
from ganzoo.interfaces.losses import DiscriminatorOutput as DiscriminatorOutput
from ganzoo.interfaces.losses import Loss as Loss
from ganzoo.interfaces.losses import Penalty as Penalty
from ganzoo.interfaces.metric import Metric as Metric
from ganzoo.interfaces.metric import Sample as Sample
from ganzoo.interfaces.networks import Discriminator as Discriminator
from ganzoo.interfaces.networks import Generator as Generator
from ganzoo.interfaces.networks import Network as Network
from ganzoo.interfaces.networks import Value as Value
from ganzoo.interfaces.networks import head as head
from ganzoo.interfaces.networks import last_tensor as last_tensor
from ganzoo.interfaces.output import Output as Output
from ganzoo.interfaces.output import Wire as Wire
from ganzoo.interfaces.reader import Header as Header
from ganzoo.interfaces.reader import OpenedImage as OpenedImage
from ganzoo.interfaces.reader import Raw as Raw
from ganzoo.interfaces.reader import Reader as Reader
from ganzoo.interfaces.recogniser import Guess as Guess
from ganzoo.interfaces.recogniser import Options as Options
from ganzoo.interfaces.recogniser import Recogniser as Recogniser
from ganzoo.interfaces.recogniser import Shapes as Shapes
from ganzoo.interfaces.rule import Aim as Aim
from ganzoo.interfaces.rule import Caution as Caution
from ganzoo.interfaces.rule import Decision as Decision
from ganzoo.interfaces.rule import PlanCandidate as PlanCandidate
from ganzoo.interfaces.rule import RecipeDraft as RecipeDraft
from ganzoo.interfaces.rule import Rule as Rule
from ganzoo.interfaces.rule import StepCost as StepCost
from ganzoo.interfaces.rule import Wishes as Wishes
from ganzoo.interfaces.schedule import Progress as Progress
from ganzoo.interfaces.schedule import Schedule as Schedule
from ganzoo.interfaces.training import GradientNorms as GradientNorms
from ganzoo.interfaces.training import Logits as Logits
from ganzoo.interfaces.training import Training as Training
from ganzoo.interfaces.variable import Variable as Variable
from ganzoo.interfaces.writer import ImageForm as ImageForm
from ganzoo.interfaces.writer import Writer as Writer

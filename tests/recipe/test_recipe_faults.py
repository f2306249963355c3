"""Everything that can be wrong with a recipe: told at once, where it is, and how to mend it."""

from __future__ import annotations

import tomllib

import pytest
from typer.testing import CliRunner

from ganzoo.builder.experiment import check_recipe
from ganzoo.cli import app
from ganzoo.errors import GanzooError, RecipeError

BASE = """
[networks]
G = { type = "resnet", width = 2, blocks = 1 }
F = { type = "resnet", width = 2, blocks = 1 }
D = { type = "patchgan", width = 2, layers = 1 }
[losses]
adversarial = { type = "lsgan", real = "D(y)", fake = "D(G(x))", buffer = { type = "history" } }
cycle = { type = "l1", prediction = "F(G(x))", target = "x", weight = 10 }
[outputs]
x2y = "G(x)"
[data]
type = "streets"
size = 16
[optimizers]
default = { type = "adam", lr = 2e-4, betas = [0.5, 0.999] }
[train]
length = "10 steps"
"""
USE_TOP = (
    "Use 'name', 'summary', 'networks', 'losses', 'outputs', 'latents', 'players', 'data', "
    "'augmentations', 'optimizers', 'schedule', 'ema', 'train', 'samples', 'checkpoints', "
    "'metrics', 'default_metrics', 'callbacks', 'alarms' or 'trackers'."
)
DURATION = 'a duration is a number and its unit, as "200 epochs" or "5000 steps"'


def tables():
    return tomllib.loads(BASE)


def faults(*overrides, drop=()):
    """Path, message, and the wire with its column, of every fault."""
    changed = tables()
    for name in drop:
        table, _, key = name.rpartition(".")
        del (changed[table] if table else changed)[key]
    with pytest.raises(RecipeError) as caught:
        check_recipe(changed, overrides)
    return [(f.path, f.message, f.expression, f.column) for f in caught.value.faults]


def plain(*overrides, drop=()):
    found = faults(*overrides, drop=drop)
    assert not any(expression for _, _, expression, _ in found)
    return [(path, message) for path, message, _, _ in found]


def test_the_base_has_none():
    check_recipe(tables())


@pytest.mark.parametrize(
    ("override", "path", "message"),
    [
        ("netwroks.G.width=1", "netwroks", "there is no 'netwroks' here. Did you mean 'networks'?"),
        ("zzz=1", "zzz", f"there is no 'zzz' here. {USE_TOP}"),
        ("seed=1", "seed", "there is no 'seed' here. Did you mean 'train.seed'?"),
        ("train.lenght=1", "train.lenght", "there is no 'lenght' here. Did you mean 'length'?"),
        ("train.show=1", "train.show", "there is no 'show' here. Did you mean 'samples.show'?"),
        ("samples.shwo=1", "samples.shwo", "there is no 'shwo' here. Did you mean 'show'?"),
        ("samples.evry=1", "samples.evry", "there is no 'evry' here. Did you mean 'every'?"),
        (
            "checkpoints.kep=1",
            "checkpoints.kep",
            "there is no 'kep' here. Did you mean 'keep'?",
        ),
        (
            "outputs.a={expression='x', mod='eval'}",
            "outputs.a.mod",
            "there is no 'mod' here. Did you mean 'mode'?",
        ),
        (
            "players.E={networks=['G'], network=1}",
            "players.E.network",
            "there is no 'network' here. Did you mean 'networks'?",
        ),
        (
            "networks.G.widht=1",
            "networks.G.widht",
            "'resnet' has no setting 'widht'. Did you mean 'width'?",
        ),
        (
            "networks.G.trainabel=1",
            "networks.G.trainabel",
            "'resnet' has no setting 'trainabel'. Did you mean 'trainable'?",
        ),
        (
            "networks.G.init={type='normal', sdt=1}",
            "networks.G.init.sdt",
            "'normal' has no setting 'sdt'. Did you mean 'std'?",
        ),
        (
            "losses.cycle.wieght=1",
            "losses.cycle.wieght",
            "'l1' has no setting 'wieght'. Did you mean 'weight'?",
        ),
        (
            "losses.cycle.predicton='x'",
            "losses.cycle.predicton",
            "'l1' has no setting 'predicton'. Did you mean 'prediction'?",
        ),
        ("losses.cycle.zzz=1", "losses.cycle.zzz", "'l1' has no setting 'zzz'. It has none."),
        (
            "losses.adversarial.buffer={type='history', sise=1}",
            "losses.adversarial.buffer.sise",
            "'history' has no setting 'sise'. Did you mean 'size'?",
        ),
        ("data.siz=1", "data.siz", "'streets' has no setting 'siz'. Did you mean 'size'?"),
        (
            "optimizers.default.beta=1",
            "optimizers.default.beta",
            "'adam' has no setting 'beta'. Did you mean 'betas'?",
        ),
        (
            "schedule={type='linear', hodl=1}",
            "schedule.hodl",
            "'linear' has no setting 'hodl'. Did you mean 'hold'?",
        ),
        (
            "latents.z={type='normal', size=3, chanels=1}",
            "latents.z.chanels",
            "'normal' has no setting 'chanels'. Did you mean 'channels'?",
        ),
    ],
)
def test_a_key_that_is_not_there_has_a_suggestion(override, path, message):
    assert plain(override) == [(path, message)]


@pytest.mark.parametrize(
    ("drop", "path", "message"),
    [
        (name, name, "this is required")
        for name in ("networks", "losses", "data", "optimizers", "train", "train.length")
    ]
    + [("data.type", "data.type", "this is required")],
)
def test_a_key_that_is_missing(drop, path, message):
    assert plain(drop=[drop]) == [(path, message)]


def test_a_wire_that_is_missing():
    assert plain("losses.cycle={type='l1', target='x'}") == [
        ("losses.cycle", "'l1' needs the wire 'prediction', as prediction = \"G(x)\"")
    ]


@pytest.mark.parametrize(
    ("override", "path", "message"),
    [
        ("networks=3", "networks", "this should be a table, as [networks], not 3"),
        ("networks.G=3", "networks.G", 'this should be a table, as { type = "..." }, not 3'),
        ("data='x'", "data", 'this should be a table, as { type = "..." }, not "x"'),
        ("outputs.a=3", "outputs.a", 'this should be a table, as { expression = "G(x)" }, not 3'),
        ("players.E=3", "players.E", 'this should be a table, as { networks = ["G"] }, not 3'),
        (
            "players.order='discriminators'",
            "players.order",
            'this should be a list, as ["generators", "discriminators"], not "discriminators"',
        ),
        ("samples.show='x'", "samples.show", 'this should be a list, as ["x", "G(x)"], not "x"'),
        ("samples.show=[3]", "samples.show.0", "this should be a text, not 3"),
        ("data.type=[3]", "data.type", "this should be a text, not [3]"),
        ("networks.G.width='a'", "networks.G.width", 'this should be a whole number, not "a"'),
        ("networks.G.width=1.5", "networks.G.width", "this should be a whole number, not 1.5"),
        ("networks.G.width=true", "networks.G.width", "this should be a whole number, not true"),
        ("networks.G.width=nan", "networks.G.width", "this should be a whole number, not nan"),
        (
            "networks.G.norm='instanc'",
            "networks.G.norm",
            "this should be 'instance', 'batch', 'group', 'layer' or 'none', not \"instanc\"",
        ),
        (
            "networks.G.trainable='yes'",
            "networks.G.trainable",
            'this should be true or false, not "yes"',
        ),
        (
            "data.size='big'",
            "data.size",
            'this should be a whole number or a list of whole numbers, not "big"',
        ),
        ("data.size=[1, 'a']", "data.size", "this should be a whole number or a list of whole"),
        ("data.when=2020-01-01", "data", "dates and times cannot be settings"),
        (
            "optimizers.default.betas=[0.5]",
            "optimizers.default.betas",
            "this should be a list of 2 numbers, not [0.5]",
        ),
        (
            "optimizers.default.lr=inf",
            "optimizers.default.lr",
            "this should be a number, not inf",
        ),
        ("losses.cycle.weight='1'", "losses.cycle.weight", 'this should be a number, not "1"'),
        (
            "losses.cycle.weight=nan",
            "losses.cycle.weight",
            "this should be a finite number, not nan",
        ),
        ("losses.cycle.target=[]", "losses.cycle.target", 'a wire is a text, as "G(x)", not []'),
        ("train.length=200", "train.length", f"{DURATION}, not 200"),
        ("train.length='200'", "train.length", f'{DURATION}, not "200"'),
        ("train.length='0 steps'", "train.length", f'{DURATION}, not "0 steps"'),
        ("train.length='-1 epochs'", "train.length", f'{DURATION}, not "-1 epochs"'),
        ("train.batch_size=0", "train.batch_size", "this should be at least 1, not 0"),
        ("train.seed=-1", "train.seed", "this should be at least 0, not -1"),
        ("train.seed=2020-01-01", "train.seed", "this should be a whole number, not 2020-01-01"),
        (
            "train.precision='float16'",
            "train.precision",
            "this should be 'auto', 'float32', 'float64', 'bf16' or 'fp16', not \"float16\"",
        ),
        ("outputs.a={expression='x', mode='on'}", "outputs.a.mode", "this should be 'eval' or"),
    ],
)
def test_a_value_of_the_wrong_type(override, path, message):
    ((at, said),) = plain(override)
    assert at == path
    assert said.startswith(message)


@pytest.mark.parametrize(
    ("override", "path", "message"),
    [
        (
            "networks.G.type='resnt'",
            "networks.G.type",
            "no generator is called 'resnt'. Did you me",
        ),
        (
            "networks.G.type='patchgan'",
            "networks.G.type",
            "no generator is called 'patchgan'; 'patchgan' is a discriminator",
        ),
        (
            "networks.D.type='resnet'",
            "networks.D.type",
            "no discriminator is called 'resnet'; 'resnet' is a generator",
        ),
        ("losses.adversarial.type='lsgn'", "losses.adversarial.type", "no loss is called 'lsgn'."),
        (
            "losses.adversarial.buffer={type='histry'}",
            "losses.adversarial.buffer.type",
            "no buffer is called 'histry'. Did you mean 'history'?",
        ),
        ("data.type='street'", "data.type", "no data is called 'street'. Did you mean 'streets'?"),
        (
            "networks.G.type='nowhere.net'",
            "networks.G.type",
            "no generator is called 'nowhere.net': no plugin 'nowhere' is installed; pip install",
        ),
        ("networks.G.width=-1", "networks.G", "width is -1: it must be at least 1"),
        ("networks.G.init={type='normal', std=-1}", "networks.G.init", "std is -1.0: it must not"),
        (
            "losses.adversarial.buffer.size=0",
            "losses.adversarial.buffer",
            "size is 0: leave the buffer out instead",
        ),
        ("optimizers.default.lr=-1", "optimizers.default", "Invalid learning rate: -1.0"),
        ("schedule={type='linear', hold=3}", "schedule", "hold is 3.0: it must be between 0 and 1"),
        ("latents.z={type='normal'}", "latents.z", "give size (for a vector) or like (for a map)"),
        ("latents.x={type='normal', size=3}", "latents.x", "the data already has a variable 'x'"),
        ("networks.x={type='resnet'}", "networks.x", "the data already has a variable 'x'"),
        ("networks.a-b={type='resnet'}", "networks.a-b", "'a-b' cannot stand in a wire: use one"),
        ("networks.lambda={type='resnet'}", "networks.lambda", "'lambda' cannot stand in a wire"),
        (
            "losses.a-b={type='l1', prediction='G(x)', target='y'}",
            "losses.a-b",
            "a term's name is one word of letters, digits and _",
        ),
        (
            "losses.cycle.buffer={type='history'}",
            "losses.cycle.buffer",
            "'l1' has no discriminator to show past samples to",
        ),
        (
            "losses.cycle.player='generatrs'",
            "losses.cycle.player",
            "there is no player 'generatrs'. Did you mean 'generators'?",
        ),
        (
            "optimizers.generator={type='adam'}",
            "optimizers.generator",
            "there is no player or network 'generator'. Did you mean 'generators'?",
        ),
        (
            "players.order=['critics']",
            "players.order",
            "there is no player 'critics'. Use 'generators' or 'discriminators'.",
        ),
        ("players.order=['generators', 'generators']", "players.order", "a player is named twice"),
        (
            "players.E.networks=['H']",
            "players.E.networks",
            "there is no network 'H'. Use 'G', 'F' or 'D'.",
        ),
    ],
)
def test_what_a_table_asks_for(override, path, message):
    ((at, said),) = plain(override)
    assert at == path
    assert said.startswith(message)


NO_FOLDER = "a name is a word without / \\ and :, as it becomes the run's folder, not "


@pytest.mark.parametrize(
    ("override", "path", "message"),
    [
        ("networks.𝐺={type='resnet'}", "networks.𝐺", "in a wire '𝐺' reads as 'G': call it 'G'"),
        ("latents.µ={type='normal', size=3}", "latents.µ", "in a wire 'µ' reads as 'μ': call it"),
        *(
            (f"{table}={{{settings}}}", table, f"'{table.split('.')[1]}' is a name that torch kee")
            for table, settings in (
                ("networks.train", "type='resnet'"),
                ("networks.training", "type='resnet'"),
                ("networks.type", "type='resnet'"),
                ("losses.float", "type='l1', prediction='G(x)', target='y'"),
                ("losses.type", "type='l1', prediction='G(x)', target='y'"),
            )
        ),
        ("outputs.x='G(x)'", "outputs.x", "there is a variable 'x' already; choose another name"),
        ("outputs.G='F(x)'", "outputs.G", "there is a network 'G' already; choose another name"),
        ("outputs.type='G(x)'", "outputs.type", "'type' is a key that names a component; choose"),
        ("players.a-b.networks=['G', 'F']", "players.a-b", "a player's name is one word of lett"),
        ("players.default.networks=['G', 'F']", "players.default", "optimizers.default is for all"),
        ("players.order.networks=['G', 'F']", "players.order", "this is a list, as ["),
        *((f"name='{name}'", "name", NO_FOLDER) for name in ("", "..", "../x", "/x", " x", "a:b")),
        ('name="a\\\\b"', "name", NO_FOLDER),
        ("train.length='1e999 steps'", "train.length", "a duration is finite, as "),
        ("losses={}", "losses", "there is no term, so nothing would be trained"),
    ],
)
def test_a_name_or_a_number_that_would_lead_astray(override, path, message):
    ((at, said),) = plain(override)
    assert at == path
    assert said.startswith(message)


def test_an_output_called_as_a_latent():
    assert plain("latents.z={type='normal', size=3}", "outputs.z='G(x)'") == [
        ("outputs.z", "there is a variable 'z' already; choose another name")
    ]


def test_names_of_a_recipe_that_lead_nowhere_else():
    for name in ("denoise.cycle", "edges to shoes", "été", "a..b"):
        check_recipe(tables(), {"name": name})


def test_no_networks_leave_nothing_to_suggest():
    found = faults("networks={}", "outputs={}")
    assert ("losses.adversarial.real", "there is no network 'D'.", "D(y)", 0) in found
    assert not any("Use ." in message for _, message, _, _ in found)


def test_a_run_tells_all_at_once_and_makes_nothing(tmp_path, monkeypatch):
    monkeypatch.chdir(write(tmp_path, mine=BASE))
    for first in ("train.lenght=1", "name='../mine'"):
        words = ["run", "mine.toml", "--set", first, "--set", "networks.G.widht=3"]
        done = CliRunner().invoke(app, words)
        assert done.exit_code == 2
        assert "--set: 2 faults" in done.stderr
        assert "Did you mean 'width'?" in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["mine.toml"]


def test_a_network_with_two_players():
    assert plain("players.E.networks=['G']", "players.H.networks=['G']") == [
        ("players.H.networks", "'G' belongs to 'E' already")
    ]


@pytest.mark.parametrize(
    ("wire", "column", "message"),
    [
        ("F(Gx(x))", 2, "there is no network 'Gx'. Did you mean 'G'?"),
        ("Zebra(x)", 0, "there is no network 'Zebra'. Use 'G', 'F' or 'D'."),
        ("F(G(xx))", 4, "there is no variable 'xx'. Did you mean 'x'?"),
        ("F(G(q))", 4, "there is no variable 'q'. Use 'x' or 'y'."),
        ("G", 0, "'G' is a network: call it, as G(x)"),
        ("y(x)", 0, "'y' is a variable and cannot be called"),
        ("G.load_state_dict(x)", 0, "'resnet' has no head 'load_state_dict'. It has 'features'."),
        ("G.forward(x)", 0, "'resnet' has no head 'forward'. It has 'features'."),
        ("G.__class__(x)", 0, "'resnet' has no head '__class__'. It has 'features'."),
        ("F(x) + 1", 0, "only names and calls can stand here; a wire is a name, a call G(x), or"),
        ("F(1)", 2, "only names and calls can stand here; a wire is a name, a call G(x), or"),
        ("F(x=y)", 4, "arguments are given by position, without names"),
        ("F()", 0, "a call needs at least one argument"),
        ("G.a.b(x)", 0, "only a network or one of its heads can be called here"),
        ("F(G(x)", 1, "this cannot be read; a wire is a name, a call G(x), or a call of a head"),
    ],
)
def test_a_wire_shows_the_place(wire, column, message):
    ((path, said, expression, at),) = faults(f"losses.cycle.prediction='{wire}'")
    assert (path, expression, at) == ("losses.cycle.prediction", wire, column)
    assert said.startswith(message)


def test_the_caret_stands_under_the_wire_as_it_is_printed():
    ((_, _, expression, column),) = faults("losses.cycle.prediction=' F(  Gx( x ) )'")
    assert expression[column:].startswith("Gx")


@pytest.mark.parametrize(
    "override",
    ["outputs.x2y='G(q)'", "samples.show=['G(q)']", "losses.adversarial.fake='D(G(q))'",
     "metrics.m={type='palette_score', prediction='G(q)', target='y'}"],
)  # fmt: skip
def test_every_wire_is_checked(override):
    ((path, message, expression, column),) = faults(override)
    assert override.startswith(path.rpartition(".")[0])
    assert message == "there is no variable 'q'. Use 'x' or 'y'."
    assert expression[column] == "q"


def test_an_adversarial_wire_calls_a_critic():
    assert faults("losses.adversarial.real='y'") == [
        ("losses.adversarial.real", "this should call a discriminator, as D(x)", "y", 0)
    ]


def test_shapes_that_do_not_fit_are_told_once():
    assert faults("networks.D.in_channels=6") == [
        (
            "networks.D.in_channels",
            "this is 6, and y brings 3 channels to D(y): leave it out, it follows from the data",
            "",
            0,
        )
    ]
    found = faults("networks.G.in_channels=1", "samples.show=['G(x)', 'F(G(x))']")
    assert [message for _, message, _, _ in found] == [
        "this is 1, and x brings 3 channels to G(x): leave it out, it follows from the data"
    ]


def test_several_faults_at_once_read_like_a_page():
    with pytest.raises(RecipeError) as caught:
        check_recipe(
            tables(),
            ["train.lenght=1", "networks.G.widht=3", "losses.cycle.prediction='F(Gx(x))'",
             "networks.D.type='nowhere.critic'", "optimizers.generatr={type='adm'}"],
        )  # fmt: skip
    assert str(caught.value).splitlines() == [
        "--set: 6 faults",
        "  train.lenght              there is no 'lenght' here. Did you mean 'length'?",
        "  networks.G.widht          'resnet' has no setting 'widht'. Did you mean 'width'?",
        "  networks.D.type           no discriminator is called 'nowhere.critic': no plugin "
        "'nowhere' is installed; pip install the package that brings it",
        "  optimizers.generatr       there is no player or network 'generatr'. "
        "Did you mean 'generators'?",
        "  optimizers.generatr.type  no optimizer is called 'adm'. Did you mean 'adam'?",
        "  losses.cycle.prediction   F(Gx(x))",
        "                              ^ there is no network 'Gx'. Did you mean 'G'?",
    ]


def test_one_mistake_is_not_told_as_many():
    """A term that cannot be read leaves its critic's role open; that is no second fault."""
    assert [path for path, _ in plain("losses.adversarial.type='lsgn'")] == [
        "losses.adversarial.type"
    ]
    assert [path for path, _ in plain("data.type='street'")] == ["data.type"]


def test_nothing_to_train():
    assert plain("losses.cycle.weight=0", "losses.adversarial.weight=0") == [
        ("losses", "nothing is trained: see weights and trainable")
    ]


def test_no_optimizer_for_a_player():
    changed = tables()
    changed["optimizers"] = {"generators": {"type": "adam"}}
    with pytest.raises(RecipeError, match="player 'discriminators' has none; set optimizers"):
        check_recipe(changed)


@pytest.mark.parametrize("override", ["train", "=1", "", ".=1", "losses..x=1", " =1"])
def test_an_override_that_is_none(override):
    with pytest.raises(GanzooError, match="write it as path=value, as --set"):
        check_recipe(tables(), [override])


def test_an_override_without_quotes_is_a_text():
    assert plain("networks.G.norm=instanc")[0][0] == "networks.G.norm"


def write(folder, **files):
    for name, text in files.items():
        (folder / f"{name}.toml").write_bytes(text if isinstance(text, bytes) else text.encode())
    return folder


@pytest.mark.parametrize(
    ("files", "fault"),
    [
        ({"a": 'extends = "a.toml"'}, "this recipe extends itself"),
        ({"a": 'extends = "b.toml"', "b": 'extends = "a.toml"'}, "this recipe extends itself"),
        ({"a": "extends = 3"}, "this should be a file or a recipe's name"),
        (
            {"a": 'extends = "cyclegn"'},
            "there is no recipe 'cyclegn'. Did you mean 'cyclegan'? See: ganzoo list recipes",
        ),
    ],
)
def test_extends_that_leads_nowhere(tmp_path, files, fault):
    path = write(tmp_path, **files) / "a.toml"
    with pytest.raises(RecipeError) as caught:
        check_recipe(path)
    assert caught.value.source == str(path)
    assert [(f.path, f.message) for f in caught.value.faults] == [("extends", fault)]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("x = = 1", r"a\.toml: this is not valid TOML: Invalid value \(at line 1, column 5\)"),
        ("x = 1\nx = 2", r"a\.toml: this is not valid TOML: Cannot overwrite a value"),
        (b'x = "\xff"', r"a\.toml: this is no text in UTF-8 \(byte 5\)"),
    ],
)
def test_a_file_that_is_no_toml(tmp_path, content, message):
    with pytest.raises(GanzooError, match=message):
        check_recipe(write(tmp_path, a=content) / "a.toml")


def test_an_empty_file_lacks_everything(tmp_path):
    with pytest.raises(RecipeError, match="5 faults"):
        check_recipe(write(tmp_path, a="") / "a.toml")


@pytest.mark.parametrize("name", ["cyclegn", "cyclegn.toml", "somewhere/cyclegn.toml"])
def test_a_recipe_that_is_not_there(name):
    with pytest.raises(GanzooError, match=r"there is no recipe '.*'\. Did you mean 'cyclegan'\?"):
        check_recipe(name)


def test_a_folder_that_is_no_run(tmp_path):
    with pytest.raises(GanzooError, match=r"this folder is no run: it holds no recipe\.toml"):
        check_recipe(tmp_path)

/// ONNX in the reference implementation and its runtime: `DIRECTORY LATENTS SHOWERS`, answers beside the models.
let onnxPeer = #"""
import sys
import numpy as np, onnxruntime
directory, latents, showers = sys.argv[1], sys.argv[2], int(sys.argv[3])
try:
    import onnx
    for name in ["generator", "discriminator"]:
        model = onnx.load(f"{directory}/{name}.onnx")
        onnx.checker.check_model(model, full_check=True)
        assert model.ir_version == 8 and [o.version for o in model.opset_import] == [13]
except ImportError:
    pass
options = onnxruntime.SessionOptions()
options.intra_op_num_threads = 1
def session(name):
    return onnxruntime.InferenceSession(f"{directory}/{name}.onnx", options, providers=["CPUExecutionProvider"])
generator, discriminator = session("generator"), session("discriminator")
# What Geant4's reader relies on: one input of two dimensions in single precision.
assert len(generator.get_inputs()) == 1 and generator.get_inputs()[0].type == "tensor(float)" and len(generator.get_inputs()[0].shape) == 2
z = np.fromfile(latents, dtype=np.float32).reshape(showers, -1)
deposits = generator.run(None, {"latent": z})[0]
assert deposits.shape[0] == showers and deposits.ndim == 4 and (deposits >= 0).all()
one = generator.run(None, {"latent": z[:1]})[0]
assert np.abs(one - deposits[:1]).max() <= 1e-5 * deposits.max()
given = {"deposits": deposits, "energy": z[:, :1]}
generation, auxiliary = discriminator.run(None, {i.name: given[i.name] for i in discriminator.get_inputs()})
for name, values in [("deposits", deposits), ("generation", generation), ("auxiliary", auxiliary)]:
    values.astype(np.float32).tofile(f"{directory}/{name}.f32")
"""#

private let kerasStart = #"""
import os, sys
os.environ["KERAS_BACKEND"] = "torch"
import json
import numpy as np, keras, torch
torch.set_num_threads(1)
def places():
    """Directories with models, and the latent numbers beside them."""
    for directory in sys.argv[1:]:
        width = json.load(open(f"{directory}/generator.json"))["config"]["layers"][0]["config"]["batch_shape"][1]
        yield directory, np.fromfile(f"{directory}/../latents.f32", dtype=np.float32).reshape(-1, width)
def answer(model, x):
    with torch.no_grad():
        out = model(x, training=False)
    return [t.detach().cpu().numpy() for t in (out if isinstance(out, (list, tuple)) else [out])]
"""#

/// Keras 3 on PyTorch: loads both models, answers, saves them in its formats under our names and under its own.
let kerasPeer =
    kerasStart + #"""

for directory, z in places():
    models = {}
    for name in ["generator", "discriminator"]:
        text = open(f"{directory}/{name}.json").read()
        model = keras.models.model_from_json(text)
        model.load_weights(f"{directory}/{name}.h5")
        models[name] = model
        model.save_weights(f"{directory}/{name}-saved.weights.h5")
        model.save(f"{directory}/{name}-saved.h5")
        tree = json.loads(text)
        rename = lambda name: name if name in ("generation", "auxiliary") else "other_" + name
        for layer in tree["config"]["layers"]:
            layer["name"] = layer["config"]["name"] = rename(layer["name"])
            layer["inbound_nodes"] = [[[rename(n[0])] + n[1:] for n in node] for node in layer["inbound_nodes"]]
        for key in ["input_layers", "output_layers"]:
            tree["config"][key] = [[rename(n[0])] + n[1:] for n in tree["config"][key]]
        other = keras.models.model_from_json(json.dumps(tree))
        other.set_weights(model.get_weights())
        other.save(f"{directory}/{name}-renamed.h5")
        other.save_weights(f"{directory}/{name}-renamed.weights.h5")
    image = answer(models["generator"], z)[0]
    generation, auxiliary = answer(models["discriminator"], image)
    for name, values in [("image", image), ("generation", generation), ("auxiliary", auxiliary)]:
        values.astype(np.float32).tofile(f"{directory}/{name}.f32")
"""#

/// The same networks with channels before space, fresh weights, saved by Keras.
let channelsFirstPeer =
    kerasStart + #"""

def turned(shape):
    return [shape[-1]] + shape[:-1]
for directory, z in places():
    models = {}
    for name in ["generator", "discriminator"]:
        tree = json.loads(open(f"{directory}/{name}.json").read())
        for layer in tree["config"]["layers"]:
            config = layer["config"]
            if "data_format" in config:
                config["data_format"] = "channels_first"
            if layer["class_name"] == "Reshape":
                config["target_shape"] = turned(config["target_shape"])
            if layer["class_name"] == "InputLayer" and len(config["batch_shape"]) == 5:
                config["batch_shape"] = [None] + turned(config["batch_shape"][1:])
            if layer["class_name"] == "BatchNormalization":
                config["axis"] = 1
        keras.utils.set_random_seed(3)
        model = keras.models.model_from_json(json.dumps(tree))
        random = np.random.default_rng(7)
        model.set_weights([w + (0.2 * np.abs(random.standard_normal(w.shape)) if w.ndim == 1 else 0) for w in model.get_weights()])
        models[name] = model
        model.save(f"{directory}/{name}-first.h5")
    image = answer(models["generator"], z)[0]
    generation, auxiliary = answer(models["discriminator"], image)
    for name, values in [("image", image), ("generation", generation), ("auxiliary", auxiliary)]:
        values.astype(np.float32).tofile(f"{directory}/{name}-first.f32")
"""#

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "models/script_network.h"

#include <omp.h>
#include <torch/csrc/api/include/torch/version.h>
#include <torch/csrc/jit/passes/freeze_module.h>
#include <torch/csrc/jit/passes/inliner.h>
#include <torch/csrc/jit/runtime/graph_executor.h>
#include <torch/script.h>

#include <algorithm>
#include <cstring>
#include <optional>
#include <set>

#include "models/backend.h"
#include "models/batches.h"
#include "models/speccnn_layers.h"
#include "models/weights.h"
#include "sonar/core/error.h"

namespace sonar::models {
namespace {

namespace jit = torch::jit;
using jit::Graph;
using jit::GraphExecutor;
using jit::Node;
using jit::Value;

/** The sentence of an exception that says what went wrong. LibTorch's come with
 *  C++ behind it or, out of the interpreter, with a trace before it. */
std::string sentence(const std::exception &e) {
  const auto *own = dynamic_cast<const c10::Error *>(&e);
  std::string text = own ? own->what_without_backtrace() : e.what();
  text.erase(std::min(text.find_last_not_of('\n') + 1, text.size()));
  if (text.find("Traceback of TorchScript") != text.npos) {
    text.erase(0, text.rfind('\n') + 1);
  } else {
    text.erase(std::min(text.find('\n'), text.size()));
  }
  for (const char *start : {"] . ", "RuntimeError: "}) {
    const std::size_t at = text.find(start);
    if (at != text.npos) text.erase(0, at + std::strlen(start));
  }
  while (!text.empty() && text.back() == '.') text.pop_back();
  return text;
}

/** Runs @p body; what LibTorch throws becomes Error(@p code, @p start: ...),
 *  but a lack of memory on a device, which in_batches() knows. */
template <class Body>
auto explained(Errc code, const std::string &start, const std::string &advice,
               const Body &body) {
  try {
    return body();
  } catch (const Error &) {
    throw;
  } catch (const std::exception &e) {
    const std::string what = e.what();
    TORCH_CHECK_WITH(OutOfMemoryError, what.find("out of memory") == what.npos,
                     sentence(e));
    throw Error(code, start + ": " + sentence(e) + advice);
  }
}

// ---- the graph -----------------------------------------------------------

bool is_one_of(const Node *node, const std::set<std::string> &names) {
  std::string name = node->kind().toQualString();
  if (name.back() == '_') name.pop_back();  // in place
  return names.count(name) > 0;
}

bool is_convolution(const Node *node) {
  return is_one_of(node, {"aten::conv2d", "aten::_convolution",
                          "aten::convolution", "aten::_convolution_mode"});
}

bool is_activation(const Node *node) {
  return is_one_of(node,
                   {"aten::relu",       "aten::relu6",       "aten::hardtanh",
                    "aten::leaky_relu", "aten::prelu",       "aten::rrelu",
                    "aten::elu",        "aten::selu",        "aten::celu",
                    "aten::gelu",       "aten::silu",        "aten::mish",
                    "aten::hardswish",  "aten::hardsigmoid", "aten::sigmoid",
                    "aten::tanh",       "aten::softplus",    "aten::threshold",
                    "aten::clamp",      "aten::clamp_min"});
}

/** What may stand between a convolution and its activation: a value for each
 *  place, of the same places. */
bool keeps_places(const Node *node) {
  return is_one_of(
      node, {"aten::batch_norm", "aten::instance_norm", "aten::group_norm",
             "aten::native_batch_norm", "aten::_batch_norm_impl_index",
             "aten::add", "aten::sub", "aten::mul", "aten::div", "aten::cat",
             "aten::dropout", "aten::feature_dropout", "aten::contiguous",
             "aten::to", "aten::clone", "prim::ListConstruct"});
}

/** @p convolved after the activation that follows it, or where none does after
 *  the last step that keeps its places. */
Value *activated(Value *convolved) {
  Value *value = convolved, *last = convolved;
  for (bool found = true; found;) {
    found = false;
    for (const jit::Use &use : value->uses()) {
      if (use.user->outputs().size() == 0) continue;
      if (is_activation(use.user)) return use.user->output();
      if (found || !keeps_places(use.user) ||
          use.user->owningBlock() != value->node()->owningBlock())
        continue;
      value = use.user->outputs()[0];
      if (value->type()->isSubtypeOf(*c10::TensorType::get())) last = value;
      found = true;
      break;
    }
  }
  return last;
}

/** A frozen graph's nodes still name the functions they were inlined from,
 * which freezing has deleted: LibTorch 1.13 crashes on them where it traces an
 * error. They get @p function, which lives, instead. */
void forget_callers(jit::Block *block, jit::Function *function) {
  for (Node *node : block->nodes()) {
    if (node->callstack())
      node->setCallStack(c10::make_intrusive<jit::InlinedCallStack>(
          function, node->sourceRange()));
    for (jit::Block *inner : node->blocks()) forget_callers(inner, function);
  }
}

// ---- the network ---------------------------------------------------------

/** OpenMP's setting is the calling thread's own, not the process's. */
class ThreadLimit {
 public:
  explicit ThreadLimit(std::size_t threads) : before_(omp_get_max_threads()) {
    if (threads > 0) omp_set_num_threads(std::min(int(threads), before_));
  }
  ~ThreadLimit() { omp_set_num_threads(before_); }
  ThreadLimit(const ThreadLimit &) = delete;
  ThreadLimit &operator=(const ThreadLimit &) = delete;

 private:
  int before_;
};

std::string text(const at::Tensor &t) {
  std::string out;
  for (const std::int64_t n : t.sizes())
    out += (out.empty() ? "" : ", ") + std::to_string(n);
  return "[" + out + "]";
}

struct Answer {
  at::Tensor logits, features;  ///< features: undefined where there are none
};

class ScriptNetwork : public nn::Network {
 public:
  ScriptNetwork(const std::string &path, const Settings &settings,
                const at::Device &device)
      : device_(device),
        input_{std::size_t(settings.architecture.input_channels),
               std::size_t(settings.recipe.height()),
               std::size_t(settings.recipe.width)},
        classes_(settings.labels.size()),
        exclusive_(settings.architecture.exclusive) {
    load(path);
    const at::Tensor picture = test_picture();
    check(try_forward(picture));
    choose_maps(picture);
    takes_several_ = can_take_several(picture);
  }

  nn::Shape input() const override { return input_; }
  std::size_t classes() const override { return classes_; }
  nn::Shape maps() const override { return maps_; }
  std::size_t embedding() const override {
    return maps_.size() ? maps_.channels : classes_;
  }

  void enter_worker_thread() const override { omp_set_num_threads(1); }

  Output forward(const float *inputs, std::size_t count,
                 Want want) const override {
    Output out;
    const std::size_t batch = takes_several_ ? count : 1;
    in_batches(std::int64_t(count), std::int64_t(batch),
               [&](std::int64_t first, std::int64_t end) {
                 append(inputs + std::size_t(first) * input_.size(),
                        end - first, want, out);
               });
    return out;
  }

  std::vector<float> logits_near(const float *base, std::size_t count,
                                 const Change &change,
                                 const nn::Effort &effort) const override {
    const ThreadLimit limit(effort.threads);
    return nn::Network::logits_near(base, count, change, effort);
  }

  std::vector<float> probabilities(const float *logits) const override {
    return class_probabilities(logits, classes_, exclusive_);
  }

 private:
  void load(const std::string &path) {
    explained(
        Errc::kBadModel, "LibTorch " TORCH_VERSION " cannot load it",
        "; export it with a PyTorch no newer than this LibTorch, and with no "
        "operators of other libraries",
        [&] {
          jit::Module module = jit::load(path, device_);
          if (!module.find_method("forward"))
            throw Error(Errc::kBadModel,
                        "its module has no forward method; export a classifier "
                        "whose forward takes pictures and gives logits");
          module.eval();
          try {
            module_ = jit::freeze_module(module);
          } catch (const std::exception &) {
            module_ = module;  // one that changes itself: run as it is
          }
          const jit::Method forward = module_->get_method("forward");
          const std::shared_ptr<Graph> graph = forward.graph()->copy();
          jit::Inline(*graph);
          forget_callers(graph->block(), &forward.function());
          graph_ = graph;
          plain_.emplace(graph->copy(), "forward");
        });
    if (graph_->inputs().size() != 2)
      throw Error(Errc::kBadModel,
                  "its forward takes " +
                      std::to_string(graph_->inputs().size() - 1) +
                      " arguments, needed one: pictures");
  }

  /** A ramp, so that nothing in it is flat. */
  at::Tensor test_picture() const {
    return at::linspace(0, 1, std::int64_t(input_.size()), at::kFloat)
        .reshape({1, std::int64_t(input_.channels), std::int64_t(input_.height),
                  std::int64_t(input_.width)})
        .to(device_);
  }

  /** Runs a graph as it stands: optimised for the shapes seen, it would give
   *  other sums after a few calls. */
  std::vector<c10::IValue> run(const GraphExecutor &executor,
                               const at::Tensor &pictures) const {
    const at::InferenceMode guard;
    const jit::GraphOptimizerEnabledGuard as_it_stands(false);
    // a copy, as forward may work in place
    const at::Tensor own = pictures.to(device_, at::kFloat, false, true);
    jit::Stack stack{module_->_ivalue(), own};
    const_cast<GraphExecutor &>(executor).run(stack);
    return stack;
  }

  Answer answer(const std::vector<c10::IValue> &stack) const {
    const auto floats = [](const c10::IValue &value) {
      return value.isTensor() && value.toTensor().defined() &&
             value.toTensor().is_floating_point();
    };
    Answer out;
    std::vector<c10::IValue> given{stack[0]};
    if (stack[0].isTuple()) given = stack[0].toTupleRef().elements().vec();
    if (given.empty() || !floats(given[0]))
      throw Error(Errc::kBadModel, "its forward gives " + stack[0].tagKind() +
                                       ", needed logits or (logits, features) "
                                       "as tensors of floats");
    out.logits = given[0].toTensor().to(at::kFloat);
    if (stack.size() > 1)
      out.features = stack[1].toTensor().to(at::kFloat);
    else if (given.size() > 1 && floats(given[1]) &&
             given[1].toTensor().dim() == 4)
      out.features = given[1].toTensor().to(at::kFloat);
    return out;
  }

  Answer try_forward(const at::Tensor &picture) const {
    return explained(
        Errc::kBadModel,
        "its forward fails on a picture of " + std::to_string(input_.channels) +
            " channels x " + std::to_string(input_.height) + " rows x " +
            std::to_string(input_.width) + " columns",
        "; set input.channels and recipe in its gst-sonar.json to what it "
        "takes, or export it for such pictures",
        [&] { return answer(run(*plain_, picture)); });
  }

  void check(const Answer &a) const {
    if (a.logits.dim() != 2 || a.logits.size(0) != 1 ||
        a.logits.size(1) != std::int64_t(classes_))
      throw Error(Errc::kBadModel,
                  "its forward gives logits of shape " + text(a.logits) +
                      " for one picture, needed [1, " +
                      std::to_string(classes_) + "]: one for each label");
    if (!at::isfinite(a.logits).all().item<bool>())
      throw Error(Errc::kBadModel,
                  "its forward gives NaN or infinity on a test picture; train "
                  "it again");
  }

  bool has_area(const at::Tensor &maps) const {
    return maps.defined() && maps.dim() == 4 && maps.size(0) == 1 &&
           maps.size(1) > 0 && maps.size(2) * maps.size(3) > 1;
  }

  void take_shape(const at::Tensor &maps) {
    maps_ = {std::size_t(maps.size(1)), std::size_t(maps.size(2)),
             std::size_t(maps.size(3))};
  }

  /** What forward itself gives, else the last convolution that has an area. */
  void choose_maps(const at::Tensor &picture) {
    const at::Tensor given = try_forward(picture).features;
    if (given.defined()) {
      if (!has_area(given))
        throw Error(Errc::kBadModel,
                    "its forward gives features of shape " + text(given) +
                        " for one picture, needed [1, channels, height, "
                        "width], more than one pixel");
      take_shape(given);
      return;
    }
    std::vector<std::size_t> at;
    std::size_t i = 0;
    for (const Node *node : graph_->nodes()) {
      if (is_convolution(node)) at.push_back(i);
      ++i;
    }
    for (auto here = at.rbegin(); here != at.rend(); ++here)
      if (try_maps(*here, picture)) return;
  }

  /** The maps of the convolution that is node @p index of the graph. */
  bool try_maps(std::size_t index, const at::Tensor &picture) {
    const std::shared_ptr<Graph> graph = graph_->copy();
    auto node = graph->nodes().begin();
    std::advance(node, std::ptrdiff_t(index));
    Value *const maps = activated(node->output());
    // a copy, as what follows may work in place
    const jit::WithInsertPoint behind(maps->node()->next());
    graph->registerOutput(graph->insert(c10::aten::clone, {maps}));
    std::optional<GraphExecutor> executor(std::in_place, graph, "forward");
    try {
      const at::Tensor made = answer(run(*executor, picture)).features;
      if (!has_area(made)) return false;
      take_shape(made);
    } catch (const std::exception &) {
      return false;  // a graph of other values than pictures
    }
    with_maps_ = std::move(executor);
    return true;
  }

  /** Whether two pictures together give what each gives alone; a traced network
   *  may have learnt by heart that there is one. */
  bool can_take_several(const at::Tensor &picture) const {
    try {
      const at::Tensor one = answer(run(*plain_, picture)).logits;
      const at::Tensor other = picture.flip({2, 3});
      const at::Tensor two =
          answer(run(*plain_, at::cat({picture, other}))).logits;
      const at::Tensor alone =
          at::cat({one, answer(run(*plain_, other)).logits});
      const double scale = std::max(1.0, alone.abs().max().item<double>());
      return two.sizes() == alone.sizes() &&
             (two - alone).abs().max().item<double>() < 1e-3 * scale;
    } catch (const std::exception &) {
      return false;
    }
  }

  void append(const float *inputs, std::int64_t count, Want want,
              Output &out) const {
    const at::Tensor pictures =
        at::from_blob(const_cast<float *>(inputs),
                      {count, std::int64_t(input_.channels),
                       std::int64_t(input_.height), std::int64_t(input_.width)},
                      at::kFloat);
    const bool mapped = want == Want::kEverything && maps_.size() > 0;
    const Answer a =
        explained(Errc::kResource, "the TorchScript model failed", "", [&] {
          return answer(
              run(mapped && with_maps_ ? *with_maps_ : *plain_, pictures));
        });
    require_shape(a.logits, {count, std::int64_t(classes_)});
    put(a.logits, out.logits);
    require_finite(out.logits.data(), out.logits.size());
    if (want != Want::kEverything) return;
    if (!mapped) {
      put(a.logits, out.embedding);
      return;
    }
    require_shape(a.features,
                  {count, std::int64_t(maps_.channels),
                   std::int64_t(maps_.height), std::int64_t(maps_.width)});
    put(a.features, out.maps);
    put(a.features.mean(at::IntArrayRef{2, 3}), out.embedding);
  }

  static void require_shape(const at::Tensor &got, at::IntArrayRef needed) {
    if (got.defined() && got.sizes() == needed) return;
    throw Error(Errc::kResource,
                "the TorchScript model gave a tensor of shape " +
                    (got.defined() ? text(got) : std::string("[]")) +
                    ", needed " + text(at::empty(needed, at::kByte)) +
                    ", as in its first answer");
  }

  static void put(const at::Tensor &from, std::vector<float> &to) {
    const std::vector<float> values = to_tensor(from.cpu()).values;
    to.insert(to.end(), values.begin(), values.end());
  }

  at::Device device_;
  nn::Shape input_, maps_;
  std::size_t classes_;
  bool exclusive_, takes_several_ = false;
  std::optional<jit::Module> module_;
  std::shared_ptr<Graph> graph_;
  std::optional<GraphExecutor> plain_, with_maps_;  ///< with_maps_: or none
};

}  // namespace

std::unique_ptr<nn::Network> make_script_network(const std::string &path,
                                                 const Settings &settings,
                                                 const std::string &device) {
  return std::make_unique<ScriptNetwork>(path, settings, parse_device(device));
}

}  // namespace sonar::models

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "models/model.h"

#include <algorithm>
#include <cmath>
#include <iterator>

#include "models/cam_masks.h"
#include "models/line_tensors.h"
#include "models/network_input.h"
#include "sonar/core/error.h"
#include "sonar/lines/evidence.h"
#include "sonar/lines/footprint.h"
#include "sonar/mask/baselines.h"
#include "sonar/mask/evidence.h"
#include "sonar/mask/expected_f1.h"
#include "sonar/nn/perturb.h"

namespace sonar::models {
namespace {

// Of noisereduce's floor that moves.
constexpr double kGateSeconds = 2.0;
// docs/method.md section 5.7: 8 x 4 patches were as good as more, at 33
// forwards.
constexpr std::size_t kPatchRows = 8, kPatchColumns = 4;

std::string text(const nn::Shape &s) {
  return std::to_string(s.channels) + " channels x " +
         std::to_string(s.height) + " rows x " + std::to_string(s.width) +
         " columns";
}

void check_class_tensor(const std::string &name, const Tensor &tensor,
                        const std::vector<std::int64_t> &needed) {
  std::size_t count = 1;
  for (const std::int64_t n : needed) count *= std::size_t(n);
  if (tensor.shape != needed || tensor.values.size() != count)
    throw Error(Errc::kBadModel, "tensor " + name +
                                     " does not fit the model's labels and "
                                     "picture size; train the model again");
}

/** A flat mask says nothing: all zero, and false. */
bool keep_unless_flat(Image &mask, ColumnRange valid) {
  float low = 1, high = 0;
  for (std::size_t y = 0; y < mask.height(); ++y)
    for (std::size_t x = valid.begin; x < valid.end; ++x) {
      low = std::min(low, mask.at(y, x));
      high = std::max(high, mask.at(y, x));
    }
  if (high > low) return true;
  mask = Image(mask.height(), mask.width());
  return false;
}

void blank_outside(Image &mask, ColumnRange valid) {
  for (std::size_t y = 0; y < mask.height(); ++y) {
    std::fill(mask.row(y), mask.row(y) + valid.begin, 0.0f);
    std::fill(mask.row(y) + valid.end, mask.row(y) + mask.width(), 0.0f);
  }
}

const Tensor &class_tensor(const std::map<std::string, Tensor> &tensors,
                           const std::string &name, MaskRecipe recipe,
                           Architecture::Network network) {
  const auto found = tensors.find(name);
  if (found == tensors.end())
    throw Error(Errc::kBadArgument,
                std::string("mask recipe ") + nick(recipe) +
                    " needs the tensor " + name + ", which this model lacks: " +
                    (network == Architecture::Network::kTorchScript
                         ? "a TorchScript model has none; choose evidence, or "
                           "released with combine image"
                         : "choose another recipe or train it again"));
  return found->second;
}

/** The rows of one class out of a [classes, height] tensor. */
std::vector<float> class_rows(const Tensor &tensor, std::size_t target,
                              std::size_t height) {
  const float *rows = tensor.values.data() + target * height;
  return {rows, rows + height};
}

const nn::Denoiser &denoiser_of(const Model::Denoisers &denoisers,
                                MaskRecipe recipe) {
  const auto found = denoisers.find(recipe);
  if (found == denoisers.end())
    throw Error(Errc::kBadArgument,
                std::string("mask recipe ") + nick(recipe) +
                    " needs the tensors denoise." + nick(recipe) +
                    ".*, which this model lacks: choose another recipe or add "
                    "them with sonar-model denoiser");
  return *found->second;
}

const nn::ShareNetwork &share_of(const nn::ShareNetwork *share) {
  if (!share)
    throw Error(Errc::kBadArgument,
                "mask recipe share needs the tensors share.*, which this model "
                "lacks: choose another recipe or add them with sonar-model "
                "share");
  return *share;
}

/* The network's say beside the lines' evidence: it is surer of itself than it
 * is right (docs/method.md section 5.4). */
constexpr double kNetworkWeight = 0.25;
/* Evidence is in nats of lines that are not quite independent. */
constexpr double kEvidenceScale = 2;
constexpr float kLeastProbability = 1e-9f;

double presence_probability(double evidence, double threshold) {
  return 1 / (1 + std::exp((threshold - evidence) / kEvidenceScale));
}

}  // namespace

const char *nick(ClassMask mask) noexcept {
  return mask == ClassMask::kCentroids ? "centroids" : "representatives";
}

std::map<std::string, Tensor> without_networks(
    std::map<std::string, Tensor> tensors) {
  for (auto t = tensors.begin(); t != tensors.end();) {
    const bool weight = t->first.rfind("net.", 0) == 0 ||
                        t->first.rfind("denoise.", 0) == 0 ||
                        t->first.rfind("share.", 0) == 0;
    t = weight ? tensors.erase(t) : std::next(t);
  }
  return tensors;
}

Model::Model(Settings settings, std::unique_ptr<nn::Network> network,
             std::map<std::string, Tensor> tensors, Denoisers denoisers,
             std::unique_ptr<nn::ShareNetwork> share)
    : settings_(std::move(settings)),
      network_(std::move(network)),
      class_(std::move(tensors)),
      denoisers_(std::move(denoisers)),
      share_(std::move(share)) {
  const nn::Shape got = network_->input();
  const nn::Shape needed{std::size_t(settings_.architecture.input_channels),
                         std::size_t(settings_.recipe.height()),
                         std::size_t(settings_.recipe.width)};
  if (got.channels != needed.channels || got.height != needed.height ||
      got.width != needed.width ||
      network_->classes() != settings_.labels.size())
    throw Error(Errc::kBadModel, "the network takes " + text(got) + " to " +
                                     std::to_string(network_->classes()) +
                                     " classes, its settings say " +
                                     text(needed) + " to " +
                                     std::to_string(settings_.labels.size()));
  const auto classes = std::int64_t(settings_.labels.size());
  const auto height = std::int64_t(needed.height);
  for (const auto &[name, tensor] : class_)
    if (name.rfind("class.", 0) == 0)
      check_class_tensor(
          name, tensor,
          name == "class.mask" || name == "class.mask_centroids"
              ? std::vector<std::int64_t>{classes, height,
                                          std::int64_t(needed.width)}
              : std::vector<std::int64_t>{classes, height});
  if (settings_.recipe.evidence_fft_size == 0) return;
  const Recipe fine = settings_.recipe.evidence_recipe();
  std::optional<lines::LineModel> line_model =
      read_line_tensors(class_, settings_.labels.size(), fine.bin_hz(),
                        std::size_t(fine.height()));
  if (line_model)
    recognizer_ = std::make_shared<lines::Recognizer>(
        std::move(*line_model), std::size_t(fine.height()));
}

std::vector<Classification> Model::classify(
    const std::vector<PictureData> &pictures) const {
  const nn::Shape in = network_->input(), map = network_->maps();
  std::vector<Classification> out(pictures.size());
  std::vector<float> batch;
  batch.reserve(pictures.size() * in.size());
  for (std::size_t i = 0; i < pictures.size(); ++i) {
    const PictureData &p = pictures[i];
    out[i].input = network_input(settings_, p);
    if (p.value_db.height() != in.height || p.value_db.width() != in.width)
      throw Error(Errc::kBadArgument,
                  "the picture has " + std::to_string(p.value_db.height()) +
                      " rows x " + std::to_string(p.value_db.width()) +
                      " columns, the model needs " + text(in));
    batch.insert(batch.end(), out[i].input.begin(), out[i].input.end());
  }
  const nn::Network::Output result = network_->forward(
      batch.data(), pictures.size(), nn::Network::Want::kEverything);
  for (std::size_t i = 0; i < pictures.size(); ++i) {
    Classification &c = out[i];
    c.probabilities =
        network_->probabilities(result.logits.data() + i * network_->classes());
    c.best = std::size_t(
        std::max_element(c.probabilities.begin(), c.probabilities.end()) -
        c.probabilities.begin());
    const float *maps = result.maps.data() + i * map.size();
    c.maps.assign(maps, maps + map.size());
    if (recognizer_ && !pictures[i].fine_db.empty())
      recognize_lines(pictures[i], c);
  }
  return out;
}

Classification Model::classify(const PictureData &picture) const {
  return std::move(classify(std::vector<PictureData>{picture}).front());
}

std::shared_ptr<const LineView> Model::view_lines(
    const PictureData &picture) const {
  const lines::Evidence evidence =
      lines::make_evidence(picture.fine_db, picture.valid,
                           settings_.recipe.evidence_recipe().bin_hz());
  return std::make_shared<const LineView>(
      LineView{lines::mean_profile(evidence),
               lines::LineMap(evidence, recognizer_->model().common)});
}

/* First comes the class that lines and network together speak for, or one that
 * is louder and there as well; then what its lines leave speaks for or against
 * the others. */
void Model::recognize_lines(const PictureData &picture,
                            Classification &result) const {
  result.line_view = view_lines(picture);
  result.hypotheses = recognizer_->recognize(result.line_view->profile_db,
                                             result.line_view->map);
  const auto &all = result.hypotheses;
  std::vector<double> score;
  for (std::size_t c = 0; c < all.size(); ++c)
    score.push_back(all[c].evidence +
                    kNetworkWeight *
                        double(std::log(std::max(result.probabilities[c],
                                                 kLeastProbability))));
  const auto first =
      std::size_t(std::max_element(score.begin(), score.end()) - score.begin());
  result.probabilities = presence(all, first);
  result.best = first;
  for (std::size_t c = 0; c < all.size(); ++c)
    if (double(result.probabilities[c]) >= kNamedBeside &&
        all[c].level_shift_db > all[result.best].level_shift_db)
      result.best = c;
  if (result.best != first) result.probabilities = presence(all, result.best);
}

std::vector<float> Model::presence(const std::vector<lines::Hypothesis> &all,
                                   std::size_t first) const {
  std::vector<float> out;
  for (std::size_t c = 0; c < all.size(); ++c) {
    const double evidence =
        c == first ? all[c].evidence
                   : recognizer_->beside(c, all[c], first, all[first]).evidence;
    out.push_back(float(presence_probability(
        evidence, recognizer_->model().classes[c].threshold)));
  }
  return out;
}

void Model::follow_lines(const PictureData &picture, std::size_t target,
                         const Classification *seen,
                         lines::TrackContinuation *stream,
                         MaskResult &result) const {
  if (!recognizer_)
    throw Error(Errc::kBadArgument,
                "mask recipe lines needs a line model, which this model lacks: "
                "choose another recipe or train it again with an "
                "evidence-fft-size");
  if (picture.fine_db.empty())
    throw Error(Errc::kBadArgument,
                "mask recipe lines needs the fine spectrum, which this picture "
                "lacks: make it with the model's evidence-fft-size");
  const Recipe &recipe = settings_.recipe;
  const double bin_hz = recipe.evidence_recipe().bin_hz();
  const std::shared_ptr<const LineView> view =
      seen && seen->line_view ? seen->line_view : view_lines(picture);
  const lines::LineMap &map = view->map;
  const lines::Hypothesis hypothesis =
      seen && !seen->hypotheses.empty()
          ? seen->hypotheses[target]
          : recognizer_->recognize(view->profile_db, map, target);
  lines::TrackContinuation alone{std::size_t(recipe.width)};
  const std::vector<lines::StreamTrack> followed =
      (stream ? *stream : alone)
          .put(target, picture.first_column + std::int64_t(picture.valid.begin),
               recognizer_->tracks(map, target, hypothesis));
  std::vector<lines::Track> tracks;
  for (const lines::StreamTrack &t : followed) tracks.push_back(t.track);
  result.confidence = lines::footprint_confidence(
      lines::footprint_db(tracks, recipe, picture.valid), picture.valid);
  const auto &of = recognizer_->model().classes[target].lines;
  const float coarse = float(recipe.evidence_fft_size) / float(recipe.fft_size);
  for (const lines::StreamTrack &one : followed) {
    const lines::Track &track = one.track;
    TonalTrack out;
    out.id = one.id;
    out.begin_column = one.begin;
    out.nominal_hz = of[track.line].frequency * bin_hz;
    out.moving = of[track.line].moving;
    out.presence = hypothesis.presence[track.line];
    for (std::size_t t = 0; t < track.frequency.size(); ++t) {
      out.frequency_hz.push_back(track.frequency[t] * float(bin_hz));
      out.snr_db.push_back(lines::power_db(track.power[t] / coarse));
    }
    result.tracks.push_back(std::move(out));
  }
}

MaskResult Model::make_mask(const PictureData &picture, std::size_t target,
                            const Classification *seen,
                            const MaskOptions &options,
                            lines::TrackContinuation *stream) const {
  if (target >= settings_.labels.size())
    throw Error(Errc::kBadArgument,
                "class " + std::to_string(target) +
                    " is unknown, the model "
                    "has " +
                    std::to_string(settings_.labels.size()));
  const Image &value_db = picture.value_db;
  const Image &background_db = picture.background_db;
  const ColumnRange valid = picture.valid;
  const Architecture::Network network = settings_.architecture.network;
  const bool image_cam = (runs_masked_forwards(options.recipe) ||
                          options.recipe == MaskRecipe::kGradCam) &&
                         mask::about(options.combine).uses_image;
  if (image_cam && network_->maps().size() == 0)
    throw Error(Errc::kBadArgument,
                std::string("mask recipe ") + nick(options.recipe) +
                    " needs the feature maps of a convolution, and this "
                    "model's network has none that gives a picture: choose "
                    "evidence");
  Classification own;
  if ((!seen || seen->input.empty()) && (image_cam || options.explain)) {
    own = classify(picture);
    seen = &own;
  }
  MaskResult out;
  switch (options.recipe) {
    case MaskRecipe::kGradCam:
    case MaskRecipe::kReleased:
    case MaskRecipe::kReverse: {
      const CamSources sources{
          *network_,
          mask::about(options.combine).uses_class
              ? &class_tensor(class_,
                              options.class_mask == ClassMask::kCentroids
                                  ? "class.mask_centroids"
                                  : "class.mask",
                              options.recipe, network)
              : nullptr,
          value_db, valid, seen && !seen->maps.empty() ? seen : nullptr};
      out.confidence = options.recipe == MaskRecipe::kReverse
                           ? reverse_mask(sources, target, options)
                           : released_masks(sources, {target}, options).front();
      blank_outside(out.confidence, valid);
      break;
    }
    case MaskRecipe::kSubband:
    case MaskRecipe::kTemplate: {
      const std::size_t height = value_db.height();
      const Tensor &gates = class_tensor(class_,
                                         options.recipe == MaskRecipe::kSubband
                                             ? "class.gate"
                                             : "class.template",
                                         options.recipe, network);
      out.confidence = mask::gated_confidence(
          value_db, valid, class_rows(gates, target, height));
      break;
    }
    case MaskRecipe::kEvidence:
      out.confidence = mask::blind_confidence(value_db, background_db, valid);
      break;
    case MaskRecipe::kLines:
      follow_lines(picture, target, seen, stream, out);
      break;
    case MaskRecipe::kShare: {
      std::vector<float> weights = options.class_weights;
      if (weights.empty()) {
        weights.resize(settings_.labels.size());
        weights[target] = 1;
      }
      out.confidence = mask::f1_confidence(
          share_of(share_.get())
              .probability(value_db, background_db, valid, weights),
          valid);
      break;
    }
    case MaskRecipe::kContact:
      throw Error(Errc::kBadArgument,
                  "recipe contact learns from a stretch of the recording, and "
                  "a model sees one picture; use it on scorecammask, or choose "
                  "another recipe");
    case MaskRecipe::kTpsw:
      out.confidence = mask::tpsw_confidence(value_db, valid);
      break;
    case MaskRecipe::kMedian:
      out.confidence = mask::median_confidence(value_db, valid);
      break;
    case MaskRecipe::kWiener:
      out.confidence = mask::wiener_confidence(value_db, valid);
      break;
    case MaskRecipe::kGateStationary:
      out.confidence =
          mask::stationary_gate_confidence(value_db, background_db, valid);
      break;
    case MaskRecipe::kGateNonstationary:
      out.confidence = mask::nonstationary_gate_confidence(
          value_db, background_db, valid,
          kGateSeconds / settings_.recipe.column_seconds());
      break;
    case MaskRecipe::kAutoencoder:
    case MaskRecipe::kDncnn:
    case MaskRecipe::kDncnnSure:
    case MaskRecipe::kNoise2noise: {
      const nn::Denoiser &denoiser = denoiser_of(denoisers_, options.recipe);
      out.confidence =
          mask::threshold_confidence(denoiser.denoise(value_db, valid), valid,
                                     denoiser.operating_point_db());
      break;
    }
  }
  out.valid = keep_unless_flat(out.confidence, valid);
  if (options.explain) {
    const std::vector<float> blank = network_blank(settings_, picture);
    out.explanation =
        nn::keep_one_map(*network_, seen->input.data(), blank.data(), target,
                         kPatchRows, kPatchColumns, options.effort);
  }
  return out;
}

std::size_t Model::label_index(const std::string &label) const {
  const auto &labels = settings_.labels;
  const auto found = std::find(labels.begin(), labels.end(), label);
  if (found != labels.end()) return std::size_t(found - labels.begin());
  std::string known;
  for (const std::string &l : labels) known += (known.empty() ? "" : ", ") + l;
  throw Error(Errc::kBadArgument,
              "the model has no class \"" + label + "\", it has " + known);
}

}  // namespace sonar::models

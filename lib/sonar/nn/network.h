/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <cstddef>
#include <functional>
#include <vector>

#include "sonar/core/error.h"

namespace sonar::nn {

struct Shape {
  std::size_t channels = 0, height = 0, width = 0;
  std::size_t size() const noexcept { return channels * height * width; }
};

/** A block of an input, the same in every channel; half-open. */
struct Block {
  std::size_t row_begin = 0, row_end = 0, column_begin = 0, column_end = 0;
};

/** What masked inputs are convolved in; everything else is float32. */
enum class Precision {
  kAuto,  ///< kLower where that is much quicker and its masks are alike
  kFloat32,
  kLower,  ///< 16 bits, where the machine has them; else kFloat32
};

/** How many forward passes are run. Batch and threads never change a result,
 *  the precision does in the third digit. */
struct Effort {
  std::size_t batch_size = 32;  ///< inputs computed together, where that helps
  std::size_t threads = 0;      ///< of the process's pool; 0: all of it
  Precision precision = Precision::kAuto;  ///< of masked_logits()
};

/** How a feature map becomes the mask of an input. The Score-CAMs in use differ
 *  in it (docs/method.md section 5.1). */
struct MaskRule {
  /** Upsampled with the outermost values on the outermost pixels
   *  (align_corners), else with half-pixel centres. Bilinear both. */
  bool align_corners = false;
  bool scale_first =
      false;  ///< by the map's extremes, else the upsampled one's
  /** Added to the span that is divided by. Above 0 a flat map masks all of the
   *  input away, at 0 it has no mask. */
  float epsilon = 0;
};

/**
 * The port Score-CAM sees: a classifier with feature maps. No torch in it, so
 * that the explanation can be tested on a network computed by hand.
 */
class Network {
 public:
  virtual ~Network() = default;

  virtual Shape input() const = 0;
  virtual std::size_t classes() const = 0;
  virtual Shape maps() const = 0;  ///< after the last convolution's ReLU
  virtual std::size_t embedding() const = 0;

  struct Output {
    std::vector<float> logits;     ///< count x classes
    std::vector<float> maps;       ///< count x maps(); empty unless asked for
    std::vector<float> embedding;  ///< count x embedding(); as maps
  };

  enum class Want { kLogits, kEverything };

  /** Called once on a thread that will only run forward(): a network that
   *  spreads over the processor by itself keeps to that thread from then on. */
  virtual void enter_worker_thread() const {}

  /**
   * Runs @p count inputs, each input().size() floats. Safe to call from
   * several threads at once. Throws Error(kNumeric) on a non-finite logit.
   */
  virtual Output forward(const float *inputs, std::size_t count,
                         Want want) const = 0;

  /** Class probabilities of one row of logits (softmax, or sigmoid per class
   *  where the classes do not exclude each other). */
  virtual std::vector<float> probabilities(const float *logits) const = 0;

  /** Writes input i over @p out, which holds the base it was named with, and
   *  gives the block outside which it left that alone. Called for each i once,
   *  from several threads. */
  using Change = std::function<Block(std::size_t i, float *out)>;

  /**
   * Logits, @p count x classes(), of inputs that differ from @p base
   * (input().size() floats) where @p change says: an engine may compute only
   * what that reaches. The result is forward()'s, beyond rounding at most.
   * Thread-safe and throws as forward().
   */
  virtual std::vector<float> logits_near(const float *base, std::size_t count,
                                         const Change &change,
                                         const Effort &effort) const;

  /**
   * Logits, channels.size() x classes(), of @p input (input().size() floats)
   * seen through the map of each of @p channels (indices into maps(); @p maps
   * holds all of them, maps().size() floats): the map upsampled to the input's
   * size and scaled to 0..1 as @p rule says and multiplied into every input
   * channel. A map that is not finite or, by a rule that gives it no mask, flat
   * masks nothing: its row is NaN. Thread-safe and throws as forward().
   */
  virtual std::vector<float> masked_logits(
      const float *input, const float *maps,
      const std::vector<std::size_t> &channels, const MaskRule &rule,
      const Effort &effort) const;

  /**
   * Gradients of the logit of class @p target with respect to the feature
   * maps, count x maps() floats, at the @p count feature maps @p maps of
   * forward(). Throws Error(kBadArgument) where the network has none to give.
   */
  virtual std::vector<float> map_gradients(const float *maps, std::size_t count,
                                           std::size_t target) const {
    (void)maps, (void)count, (void)target;
    throw Error(Errc::kBadArgument,
                "this network gives no gradients of its feature maps, which "
                "Grad-CAM needs: choose another mask recipe, such as released");
  }
};

}  // namespace sonar::nn

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "models/registry.h"

#include <ATen/Parallel.h>
#include <dlfcn.h>
#include <sys/stat.h>
#include <torch/csrc/api/include/torch/version.h>

#include <cstdio>
#include <filesystem>
#include <mutex>
#include <set>
#include <tuple>

#include "models/denoiser.h"
#include "models/harmonic_network.h"
#include "models/own_settings.h"
#include "models/script_network.h"
#include "models/sharenet.h"
#include "models/speccnn.h"
#include "sonar/core/error.h"

namespace sonar::models {
namespace {

/** What tells one content of a path from the next. */
using Stamp = std::tuple<ino_t, off_t, time_t, long>;

Stamp stamp_of(const std::string &path) {
  struct stat s {};
  if (stat(path.c_str(), &s) != 0) return {};
  return {s.st_ino, s.st_size, s.st_mtim.tv_sec, s.st_mtim.tv_nsec};
}

std::unique_ptr<nn::Network> make_network(
    const Settings &s, const std::map<std::string, Tensor> &tensors,
    const std::string &device) {
  if (s.architecture.network == Architecture::Network::kHarmonics)
    return make_harmonic_network(s, s.labels.size(), tensors);
  return make_inference_network(s.architecture, s.recipe.height(),
                                s.recipe.width, int(s.labels.size()), tensors,
                                device);
}

std::shared_ptr<const Model> load_bundle(const std::string &path,
                                         const std::string &device) {
  Bundle bundle = read_bundle(path);
  const Settings &s = bundle.settings;
  auto network = make_network(s, bundle.tensors, device);
  auto denoisers = make_denoisers(bundle.tensors, device);
  auto share = make_share_network(s.labels.size(), bundle.tensors, device);
  return std::make_shared<Model>(s, std::move(network),
                                 without_networks(std::move(bundle.tensors)),
                                 std::move(denoisers), std::move(share));
}

/* Said once per file, before its code runs. */
void warn_of_code(const std::string &path) {
  static std::mutex lock;
  static std::set<std::string> told;
  std::lock_guard<std::mutex> hold(lock);
  if (told.insert(std::filesystem::weakly_canonical(path).string()).second)
    std::fprintf(stderr,
                 "gst-sonar: %s is a TorchScript file: it runs code of its "
                 "own, so use it only when it comes from people you trust\n",
                 path.c_str());
}

std::shared_ptr<const Model> load_own(const std::string &path,
                                      const std::string &device) {
  const Settings settings = read_own_settings(path);
  verify_own_model(path);
  warn_of_code(path);
  return std::make_shared<Model>(settings,
                                 make_script_network(path, settings, device),
                                 std::map<std::string, Tensor>());
}

std::shared_ptr<const Model> load(const std::string &path,
                                  const std::string &device) {
  try {
    return is_own_model(path) ? load_own(path, device)
                              : load_bundle(path, device);
  } catch (const Error &e) {
    const std::string file = "model file " + path, what = e.what();
    if (e.code() != Errc::kBadModel || what.rfind(file, 0) == 0) throw;
    throw Error(e.code(), file + ": " + what);
  }
}

/** The library that answers for a BLAS call, e.g.
 *  "openblas-pthread/libblas.so.3". */
std::string blas_library() {
  void *gemm = dlsym(RTLD_DEFAULT, "sgemm_");
  Dl_info info{};
  if (!gemm || !dladdr(gemm, &info) || !info.dli_fname) return "built in";
  std::error_code failed;
  const auto path = std::filesystem::canonical(info.dli_fname, failed);
  if (failed) return info.dli_fname;
  return (path.parent_path().filename() / path.filename()).string();
}

}  // namespace

std::shared_ptr<const Model> open(const std::string &name_or_path,
                                  const std::string &device) {
  struct Loaded {
    std::mutex loading;  // so that two elements that start together load once
    Stamp stamp;
    std::weak_ptr<const Model> model;
  };
  static std::mutex lock;
  static std::map<std::pair<std::string, std::string>, Loaded> cache;

  const std::string named = resolve_model(name_or_path);
  const std::string path = std::filesystem::weakly_canonical(named).string();
  // Entries stay, and a model that is being loaded keeps nobody from another.
  Loaded &entry = [&]() -> Loaded & {
    std::lock_guard<std::mutex> hold(lock);
    return cache[{path, device == "cuda" ? "cuda:0" : device}];
  }();
  std::lock_guard<std::mutex> hold(entry.loading);
  const Stamp stamp = stamp_of(path);
  std::shared_ptr<const Model> model = entry.model.lock();
  if (model && entry.stamp == stamp) return model;
  // by the name it was given: a link's own says whether it may run code
  model = load(named, device);
  entry.stamp = stamp;
  entry.model = model;
  return model;
}

std::string backend_description() {
  return "LibTorch " TORCH_VERSION ", oneDNN " +
         std::string(at::hasMKLDNN() ? "yes" : "no") + ", BLAS " +
         blas_library() + ", " + std::to_string(at::get_num_threads()) +
         " threads, CUDA devices: " +
         std::to_string(at::hasCUDA() ? at::getNumGPUs() : 0);
}

}  // namespace sonar::models

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "models/backend.h"

namespace sonar::models {

at::Device parse_device(const std::string &text) {
  if (text == "cpu") return at::kCPU;
  int index = -1;
  if (text == "cuda") index = 0;
  if (text.rfind("cuda:", 0) == 0 && text.size() > 5 && text.size() < 9 &&
      text.find_first_not_of("0123456789", 5) == text.npos)
    index = std::stoi(text.substr(5));
  if (index < 0)
    throw Error(Errc::kBadArgument, "device \"" + text +
                                        "\" is unknown, needed cpu, cuda or "
                                        "cuda:N");
  const int count = at::hasCUDA() ? int(at::getNumGPUs()) : 0;
  if (index >= count)
    throw Error(Errc::kResource,
                "device " + text + " is not there: " +
                    (count == 0 ? "LibTorch sees no CUDA device, only cpu"
                                : "LibTorch sees " + std::to_string(count) +
                                      " CUDA device(s), counted from 0"));
  return at::Device(at::kCUDA, c10::DeviceIndex(index));
}

}  // namespace sonar::models

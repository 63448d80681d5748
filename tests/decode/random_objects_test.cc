// Random objects, sound and mangled, through both inflaters and the splitters, against the slow
// oracle: S-12, S-13, S-25. A run tells its seed; COLLECTOR_DECODE_SEED repeats it.
#include <cstdlib>
#include <string>

#include <gtest/gtest.h>

#include "decode/drive.h"
#include "decode/line_splitter.h"
#include "decode/packing.h"
#include "decode/slow_decode.h"
#include "decode/unpacker.h"

namespace collector {
namespace {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define COLLECTOR_SANITIZED
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define COLLECTOR_SANITIZED
#endif
#endif
#if defined(COLLECTOR_SANITIZED) || !defined(NDEBUG)
constexpr size_t kObjects = 20'000;
#else
constexpr size_t kObjects = 100'000;
#endif

uint64_t Seed() {
  const char* seed = std::getenv("COLLECTOR_DECODE_SEED");
  return seed == nullptr ? 1 : std::strtoull(seed, nullptr, 10);
}

// Sizes from 1 to `most`, small ones as often as large ones.
Sizes RandomSizes(Random& random, size_t most) {
  return [&random, most] { return 1 + Below(random, OneIn(random, 2) ? 8 : most); };
}

std::string RandomGzip(Random& random) {
  std::string packed;
  for (size_t members = 1 + (OneIn(random, 3) ? Below(random, 5) : 0); members > 0; --members) {
    const size_t most = OneIn(random, 4) ? 0 : OneIn(random, 20) ? 4000 : 300;
    packed += GzipMember(RandomLines(random, most), RandomMake(random));
  }
  if (OneIn(random, 16)) packed += std::string(Below(random, 40), '\0');
  return packed;
}

class RandomObjects : public testing::Test {
 protected:
  std::optional<std::string> Unpack(InflateBackend backend, std::string_view packed) {
    Unpacker& unpacker = backend == InflateBackend::kZlib ? zlib_ : best_;
    return UnpackAll(unpacker, packed, RandomSizes(random_, 300), RandomSizes(random_, 5000),
                     OneIn(random_, 2));
  }

  const uint64_t seed_ = Seed();
  Random random_{seed_};
  Unpacker zlib_{InflateBackend::kZlib};
  Unpacker best_;
};

TEST_F(RandomObjects, UnpackAndSplitAsTheSlowOracleSays) {
  LineSplitter splitter;
  size_t refused = 0;
  for (size_t i = 0; i < kObjects; ++i) {
    SCOPED_TRACE(testing::Message() << "object " << i << " of COLLECTOR_DECODE_SEED=" << seed_);
    std::string object = OneIn(random_, 8) ? RandomLines(random_, 500) : RandomGzip(random_);
    if (OneIn(random_, 3)) Mutate(object, random_);
    const std::optional<std::string> expected = SlowUnpack(object);
    ASSERT_EQ(Unpack(InflateBackend::kZlib, object), expected);
    const std::optional<std::string> best = Unpack(BestInflateBackend(), object);
    if (best != expected) {
      ASSERT_EQ(best, SlowUnpack(object, HuffmanCodes::kAny));
    }
    refused += expected ? 0 : 1;
    if (!expected) continue;
    ASSERT_EQ(SplitAll(splitter, *expected, RandomSizes(random_, 300)), SlowLines(*expected));
  }
  // Otherwise the mutations are none.
  EXPECT_GT(refused, kObjects / 10);
  EXPECT_LT(refused, kObjects / 2);
}

TEST_F(RandomObjects, CutAtEveryByteAreAnErrorOrEndBetweenMembers) {
  for (size_t i = 0; i < kObjects / 500; ++i) {
    SCOPED_TRACE(testing::Message() << "object " << i << " of COLLECTOR_DECODE_SEED=" << seed_);
    std::string object;
    do {
      object = RandomGzip(random_);
    } while (object.size() > 700);
    for (size_t size = 2; size < object.size(); ++size) {
      const std::string_view cut = std::string_view(object).substr(0, size);
      const std::optional<std::string> expected = SlowGunzip(cut);
      ASSERT_EQ(Unpack(InflateBackend::kZlib, cut), expected) << size;
      ASSERT_EQ(Unpack(BestInflateBackend(), cut), expected) << size;
    }
  }
}

TEST_F(RandomObjects, OfZstdUnpackToWhatWasPackedAndNeverWhenTruncated) {
  for (size_t i = 0; i < kObjects / 10; ++i) {
    SCOPED_TRACE(testing::Message() << "object " << i << " of COLLECTOR_DECODE_SEED=" << seed_);
    std::string packed;
    std::string plain;
    size_t last = 0;
    for (size_t frames = 1 + Below(random_, 3); frames > 0; --frames) {
      const std::string lines = RandomLines(random_, 300);
      plain += lines;
      last = packed.size();
      packed += ZstdFrame(lines, 1, true);
      if (OneIn(random_, 4)) packed += ZstdSkippableFrame(RandomLines(random_, 20));
    }
    ASSERT_EQ(Unpack(BestInflateBackend(), packed), plain);
    const size_t cut = last + 2 + Below(random_, 7);  // inside the last frame's header
    ASSERT_EQ(Unpack(BestInflateBackend(), std::string_view(packed).substr(0, cut)), std::nullopt);
    Mutate(packed, random_);
    // Either an error or, where the mutation hit what no checksum covers, the same bytes, or none
    // of those frames that it took whole.
    const std::optional<std::string> mutated = Unpack(BestInflateBackend(), packed);
    if (!mutated || best_.kind() != Unpacker::Kind::kZstd) continue;
    ASSERT_LE(mutated->size(), plain.size());
  }
}

}  // namespace
}  // namespace collector

// From numbers in the record to a call that a driver can trust, and its execution.
#include "decode.h"

#include <math.h>

#include "../core/scratch.h"
#include "../ops/registry.h"
#include "record.h"

namespace quern {
namespace {

class Decoder {
 public:
  Decoder(napi_env env, Environment& environment) : env_(env), environment_(environment) {}

  Status run() {
    const double* record = environment_.record;
    int64_t kernel, dtype, count;
    if (!wholeNumber(record[kAtKernel], static_cast<int64_t>(environment_.kernels.size()) - 1, kernel) ||
        !wholeNumber(record[kAtDType], kDTypeCount - 1, dtype)) {
      return Status::kUnknownKernel;
    }
    const BoundKernel& bound = environment_.kernels[static_cast<size_t>(kernel)];
    const KernelInfo& info = *bound.info;
    if (!(info.dtypes >> dtype & 1)) return Status::kUnknownKernel;
    if (!wholeNumber(record[kAtCount], info.most, count) || count < info.least) return Status::kWrongCount;

    Call& call = environment_.call;
    call.kernel = bound.row;
    call.dtype = static_cast<DType>(dtype);
    call.count = static_cast<int>(count);
    call.attributes = record + kAtAttributes;
    call.failure = environment_.record + kAtFailure;
    return info.listWidth > 0 ? runList(info, call) : runViews(info, call);
  }

 private:
  Status runViews(const KernelInfo& info, Call& call) {
    for (int i = 0; i < call.count; ++i) {
      DType dtype = call.dtype;
      if (info.operands[i] == kAttributeDType) {
        int64_t code;
        if (!wholeNumber(call.attributes[0], kDTypeCount - 1, code))
          return fail(Status::kBadAttribute, i, call.attributes[0]);
        dtype = static_cast<DType>(code);
      } else if (info.operands[i] != kCallDType) {
        dtype = static_cast<DType>(info.operands[i]);
      }
      const Status status = decodeView(i, itemSize(dtype), call.operand[i]);
      if (status != Status::kOk) return status;
    }
    for (int i = call.count; i < info.most; ++i) call.operand[i] = View();  // optional ones that are absent
    return info.driver(call);
  }

  Status decodeView(int operand, int64_t itemSize, View& view) {
    const double* entry = environment_.record + kAtOperands + 3 * operand;
    int64_t place;
    if (entry[2] >= 0) {
      if (!wholeNumber(entry[2], LayoutTable::kLimit - 1, place))
        return fail(Status::kUnknownLayout, operand, entry[2]);
      view.layout = environment_.layouts.find(place);
      if (!view.layout) return fail(Status::kUnknownLayout, operand, entry[2]);
    } else {
      Layout& layout = environment_.inlined[operand];
      if (!wholeNumber(-entry[2], kRecordLength, place) || !readLayout(environment_.record, place, layout)) {
        return fail(Status::kUnknownLayout, operand, entry[2]);
      }
      view.layout = &layout;
    }
    return locate(operand, entry, view.layout->extent, itemSize, view.data);
  }

  // `entry` holds a buffer's number and an offset in elements, of which `extent` must follow within the
  // buffer.
  Status locate(int operand, const double* entry, int64_t extent, int64_t itemSize, void*& data) {
    // Small tensors share slabs: asking Node-API once (9 ns) for neighbours in one buffer is worth the test.
    if (entry[0] != lastId_) {
      int64_t id;
      const bool named = wholeNumber(entry[0], kLargestWhole, id);
      const Buffer* buffer = named ? environment_.buffers.find(env_, id) : nullptr;
      if (!buffer) return fail(Status::kDeadBuffer, operand, entry[0]);
      last_ = buffer;
      lastId_ = entry[0];
    }
    // Neither sum nor product overflows: all three factors are bounded by their checks.
    int64_t offset;
    if (!wholeNumber(entry[1], kLargestWhole, offset) || (offset + extent) * itemSize > last_->length) {
      return fail(Status::kOutOfBounds, operand, entry[1]);
    }
    data = last_->data + offset * itemSize;
    return Status::kOk;
  }

  // Operand 0 is an array of doubles: for each row the buffers and offsets of its arrays, then their common
  // length.
  Status runList(const KernelInfo& info, Call& call) {
    const double rowsFound = call.attributes[kRowsAttribute];
    if (!wholeNumber(rowsFound, kMaxRows, call.rows)) return fail(Status::kBadAttribute, 0, rowsFound);
    call.width = info.listWidth;
    const int64_t rowLength = 2 * call.width + 1;
    void* list;
    Status status = locate(0, environment_.record + kAtOperands, call.rows * rowLength, sizeof(double), list);
    if (status != Status::kOk) return status;

    ScratchFrame frame;
    void** pointers = frame.take<void*>(call.rows * call.width);
    int64_t* sizes = frame.take<int64_t>(call.rows);
    if (!pointers || !sizes) return Status::kOutOfMemory;
    for (int64_t row = 0; row < call.rows; ++row) {
      const double* entry = static_cast<const double*>(list) + row * rowLength;
      const double lengthFound = entry[rowLength - 1];
      if (!wholeNumber(lengthFound, kLargestWhole, sizes[row]))
        return fail(Status::kOutOfBounds, 0, lengthFound);
      for (int column = 0; column < call.width; ++column) {
        status = locate(column, entry + 2 * column, sizes[row], itemSize(call.dtype),
                        pointers[row * call.width + column]);
        if (status != Status::kOk) return status;
      }
    }
    call.pointers = pointers;
    call.sizes = sizes;
    return info.driver(call);
  }

  Status fail(Status status, int operand, double found) {
    environment_.record[kAtFailure] = operand;
    environment_.record[kAtFailure + 1] = found;
    return status;
  }

  static constexpr int64_t kMaxRows = int64_t{1} << 32;

  napi_env env_;
  Environment& environment_;
  const Buffer* last_ = nullptr;  // found alive in this call
  double lastId_ = NAN;           // its number; equal to none before the first
};

}  // namespace

Status runRecord(napi_env env, Environment& environment) { return Decoder(env, environment).run(); }

}  // namespace quern

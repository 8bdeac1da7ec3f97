"""An offloading spec for vLLM on a CPU: `vllm serve --kv-transfer-config` names it by `spec_module_path`.

vLLM's own refuses to run without a GPU, since it copies KV by CUDA streams. Here "device" and host memory are the same
kind, so that a copy is an assignment, done when it is asked for. Everything else, the tiers above all, is vLLM's.
"""

from vllm.v1.kv_offload.base import OffloadingWorker, TransferResult
from vllm.v1.kv_offload.cpu.shared_offload_region import SharedOffloadRegion
from vllm.v1.kv_offload.tiering.spec import TieringOffloadingSpec


class CpuWorker(OffloadingWorker):
    """Copies whole blocks between the engine's KV cache and the offloaded chunks, of one block each."""

    def __init__(self, kv_caches, region):
        self.region = region
        self.layers = [
            (cache.tensor, region.create_next_worker_view(cache.page_size_bytes))
            for cache in kv_caches.tensors
        ]
        self.done = []

    def submit_store(self, job_id, src_spec, dst_spec):
        return self._copy(job_id, src_spec, dst_spec, storing=True)

    def submit_load(self, job_id, src_spec, dst_spec):
        return self._copy(job_id, src_spec, dst_spec, storing=False)

    def _copy(self, job_id, source, target, storing):
        for kept, offloaded in self.layers:
            here, there = (kept, offloaded) if storing else (offloaded, kept)
            for read, write in zip(source.block_ids, target.block_ids, strict=True):
                there[int(write)].copy_(here[int(read)])
        self.done.append(TransferResult(job_id=job_id, success=True))
        return True

    def get_finished(self):
        finished, self.done = self.done, []
        return finished

    def wait(self, job_ids):
        pass

    def shutdown(self):
        self.layers.clear()
        self.region.cleanup()


class CpuTieringSpec(TieringOffloadingSpec):
    def get_worker(self, kv_caches):
        assert self.blocks_per_chunk == 1, "one block a chunk is all that this copies"
        if not self._worker:
            region = SharedOffloadRegion(
                engine_id=self._engine_id,
                num_chunks=self.num_chunks,
                rank=self.config.parallel.rank,
                kv_bytes_per_chunk=self.kv_bytes_per_chunk,
                cpu_page_size=self.cpu_page_size_per_worker,
            )
            self._worker = CpuWorker(kv_caches, region)
        return self._worker

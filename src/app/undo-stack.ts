/** What must be closed again, last opened first, whether starting succeeds or not. */
export interface UndoStack {
  push(close: () => void | Promise<void>): void;
  /** Closes everything, whatever fails on the way; the first failure is thrown at the end. Does nothing twice. */
  closeAll(): Promise<void>;
}

export function createUndoStack(): UndoStack {
  const closers: (() => void | Promise<void>)[] = [];
  return {
    push: (close) => void closers.push(close),
    async closeAll() {
      const failures: unknown[] = [];
      for (let close = closers.pop(); close !== undefined; close = closers.pop()) {
        try {
          await close();
        } catch (error) {
          failures.push(error);
        }
      }
      if (failures.length > 0) {
        throw failures[0];
      }
    },
  };
}

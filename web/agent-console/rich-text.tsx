// A bot's text as the customer sees it: Markdown-lite blocks as nodes, the answer span of a help passage marked.

import { type Block, markedStretches, type Run } from "../shared/markdown";

export function RichText({ blocks }: { blocks: readonly Block[] }) {
  return (
    <div class="text rich">
      {blocks.map((block, index) => (
        <BlockOf key={`${index} ${block.kind}`} block={block} />
      ))}
    </div>
  );
}

function BlockOf({ block }: { block: Block }) {
  if (block.kind !== "list") {
    return (
      <p>
        <Runs runs={block.runs} />
      </p>
    );
  }
  const items = block.items.map((runs) => (
    <li key={runs[0]?.start ?? 0}>
      <Runs runs={runs} />
    </li>
  ));
  return block.isOrdered ? <ol>{items}</ol> : <ul>{items}</ul>;
}

function Runs({ runs }: { runs: readonly Run[] }) {
  return (
    <>
      {markedStretches(runs).map((stretch) => {
        const drawn = stretch.map((run) => <RunOf key={run.start} run={run} />);
        const first = stretch[0];
        return first?.isMarked ? <mark key={first.start}>{drawn}</mark> : drawn;
      })}
    </>
  );
}

function RunOf({ run }: { run: Run }) {
  const text = run.isBold ? <strong>{run.text}</strong> : run.text;
  if (run.href === null) return <>{text}</>;
  return (
    <a href={run.href} target="_blank" rel="noopener noreferrer">
      {text}
    </a>
  );
}

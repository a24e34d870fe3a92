/** `/api/reference`: the OpenAPI document as a page, made on the server, without a script. */
import type { ComponentChildren, VNode } from 'preact';
import { renderToString } from 'preact-render-to-string';
import { exampleOf, type JsonSchema, resolved, type SchemaComponents, typesOf, wordsOf } from './json-schema';
import type { OpenApiDocument } from './openapi';

/** The whole page, with its doctype. */
export function referencePage(document: OpenApiDocument): string {
  return `<!doctype html>${renderToString(<Page reference={readDocument(document)} />)}`;
}

interface Reference {
  readonly title: string;
  readonly introduction: string;
  readonly url: string;
  readonly components: SchemaComponents;
  readonly sections: readonly { readonly tag: string; readonly operations: readonly Operation[] }[];
}

interface Operation {
  readonly id: string;
  readonly method: string;
  readonly path: string;
  readonly summary: string;
  readonly description: string;
  readonly needsOperator: boolean;
  readonly needsToken: boolean;
  readonly parameters: readonly Parameter[];
  readonly body: JsonSchema | null;
  readonly answers: readonly { readonly status: string; readonly description: string; readonly content: Content }[];
}

interface Parameter {
  readonly name: string;
  readonly in: string;
  readonly required?: boolean;
  readonly description?: string;
  readonly example?: unknown;
  readonly schema?: JsonSchema;
}

type Content = Readonly<Record<string, { readonly schema?: JsonSchema }>>;

/** The document's own words for what is read here; `createDocument` has made it, so that its form is known. */
interface RawOperation {
  readonly operationId?: string;
  readonly tags?: readonly string[];
  readonly summary?: string;
  readonly description?: string;
  readonly security?: readonly unknown[];
  readonly 'x-role'?: string;
  readonly parameters?: readonly Parameter[];
  readonly requestBody?: { readonly content: Content };
  readonly responses?: Readonly<Record<string, { readonly description: string; readonly content?: Content }>>;
}

const methods = ['get', 'post', 'patch', 'delete'] as const;

function readDocument(document: OpenApiDocument): Reference {
  const paths = (document.paths ?? {}) as Readonly<Record<string, Readonly<Record<string, RawOperation>>>>;
  const operations = Object.entries(paths).flatMap(([path, item]) =>
    methods.flatMap((method) =>
      item[method] ? [{ tag: item[method].tags?.[0] ?? '', ...readOperation(path, method, item[method]) }] : [],
    ),
  );
  const sections = (document.tags ?? []).map(({ name }) => ({
    tag: name,
    operations: operations.filter(({ tag }) => tag === name),
  }));
  return {
    title: document.info.title,
    introduction: document.info.description ?? '',
    url: document.servers?.[0]?.url ?? '',
    components: document.components?.schemas ?? {},
    sections,
  };
}

function readOperation(path: string, method: string, raw: RawOperation): Operation {
  const json = raw.requestBody?.content['application/json']?.schema ?? null;
  return {
    id: raw.operationId ?? `${method}${path}`,
    method,
    path,
    summary: raw.summary ?? '',
    description: raw.description ?? '',
    needsToken: raw.security === undefined || raw.security.length > 0,
    needsOperator: raw['x-role'] === 'operator',
    parameters: raw.parameters ?? [],
    body: json,
    answers: Object.entries(raw.responses ?? {}).map(([status, { description, content = {} }]) => ({
      status,
      description,
      content,
    })),
  };
}

function Page({ reference }: { readonly reference: Reference }): VNode {
  const { title, introduction, sections } = reference;
  return (
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>{`API · ${title}`}</title>
        <link rel="stylesheet" href="reference.css" />
      </head>
      <body>
        <a class="skip" href="#content">
          To the content
        </a>
        <nav aria-label="Routes">
          <p class="name">{title}</p>
          {sections.map(({ tag, operations }) => (
            <section>
              <h2>
                <a href={`#${anchorOf(tag)}`}>{tag}</a>
              </h2>
              <ul>
                {operations.map((operation) => (
                  <li>
                    <a href={`#${operation.id}`}>{operation.summary}</a>
                  </li>
                ))}
              </ul>
            </section>
          ))}
        </nav>
        <main id="content">
          <h1>API</h1>
          <Prose text={introduction} />
          <p>
            For programs: <a href="openapi.json">openapi.json</a> (OpenAPI 3.1).
          </p>
          {sections.map(({ tag, operations }) => (
            <section>
              <h2 id={anchorOf(tag)}>{tag}</h2>
              {operations.map((operation) => (
                <Entry operation={operation} reference={reference} />
              ))}
            </section>
          ))}
          <section>
            <h2 id="schemas">Schemas</h2>
            {Object.entries(reference.components).map(([name, schema]) => (
              <article id={`schema-${name}`}>
                <h3>{name}</h3>
                {schema.description === undefined ? null : <Prose text={schema.description} />}
                <Members schema={schema} components={reference.components} />
              </article>
            ))}
          </section>
        </main>
      </body>
    </html>
  );
}

function Entry({ operation, reference }: { readonly operation: Operation; readonly reference: Reference }): VNode {
  const { id, method, path, summary, description, parameters, body, answers } = operation;
  const { components } = reference;
  return (
    <article id={id}>
      <h3>
        <a href={`#${id}`}>{summary}</a>
      </h3>
      <p class="call">
        <span class={`method ${method}`}>{method.toUpperCase()}</span> <code>{path}</code>
        <span class="who">{whoMay(operation)}</span>
      </p>
      <Prose text={description} />
      {parameters.length === 0 ? null : <Parameters parameters={parameters} components={components} />}
      {body === null ? null : (
        <>
          <h4>Body</h4>
          <Members schema={body} components={components} />
        </>
      )}
      <h4>Answers</h4>
      <ul class="answers">
        {answers.map(({ status, description: words, content }) => (
          <li>
            <Answer status={status} words={words} content={content} components={components} />
          </li>
        ))}
      </ul>
      <h4>Example</h4>
      <pre>
        <code>{curlOf(operation, reference)}</code>
      </pre>
    </article>
  );
}

function whoMay({ needsToken, needsOperator }: Operation): string {
  if (needsOperator) return 'operators';
  return needsToken ? 'operators and viewers' : 'no token';
}

function Parameters({
  parameters,
  components,
}: {
  readonly parameters: readonly Parameter[];
  readonly components: SchemaComponents;
}): VNode {
  return (
    <>
      <h4>Parameters</h4>
      <Table head={['Name', 'In', 'What it may be', '']}>
        {parameters.map(({ name, in: place, required, description, schema = {} }) => (
          <tr>
            <th scope="row">
              <code>{name}</code>
              {required === true ? <abbr title="required">*</abbr> : null}
            </th>
            <td>{place}</td>
            <td>{wordsOf(schema, components)}</td>
            <td>{description ?? schema.description ?? ''}</td>
          </tr>
        ))}
      </Table>
    </>
  );
}

/** The members of an object, one level; what is deeper is named by its kind and shown in the example. */
function Members({ schema: given, components }: { readonly schema: JsonSchema; readonly components: SchemaComponents }): VNode {
  const schema = resolved(given, components);
  const members = Object.entries(schema.properties ?? {});
  if (members.length === 0) return <p>{sentence(wordsOf(given, components))}</p>;
  return (
    <Table head={['Member', 'What it may be', '']}>
      {members.map(([name, member]) => (
        <tr>
          <th scope="row">
            <code>{name}</code>
            {schema.required?.includes(name) === true ? <abbr title="required">*</abbr> : null}
          </th>
          <td>{wordsOf(member, components)}</td>
          <td>{member.description ?? ''}</td>
        </tr>
      ))}
    </Table>
  );
}

function Table({ head, children }: { readonly head: readonly string[]; readonly children: ComponentChildren }): VNode {
  return (
    <div class="wide" tabIndex={0}>
      <table>
        <thead>
          <tr>
            {head.map((label) => (
              <th scope="col">{label}</th>
            ))}
          </tr>
        </thead>
        <tbody>{children}</tbody>
      </table>
    </div>
  );
}

interface AnswerProps {
  readonly status: string;
  readonly words: string;
  readonly content: Content;
  readonly components: SchemaComponents;
}

function Answer({ status, words, content, components }: AnswerProps): VNode {
  const schema = content['application/json']?.schema;
  const others = Object.keys(content).filter((type) => !type.endsWith('json'));
  const label = (
    <>
      <span class={`status ${status.startsWith('2') ? 'good' : ''}`}>{status}</span> {words}
      {others.length === 0 ? null : <span class="media">{` ${schema ? 'Also ' : ''}${others.join(', ')}`}</span>}
    </>
  );
  if (!schema) return label;
  const example = exampleOf(schema, components);
  return (
    <details>
      <summary>{label}</summary>
      <Members schema={schema} components={components} />
      <pre>
        <code>{JSON.stringify(example, null, 2)}</code>
      </pre>
    </details>
  );
}

function curlOf({ method, path, parameters, body, needsToken }: Operation, { url, components }: Reference): string {
  const parts = parameters.filter((parameter) => parameter.in === 'path');
  const place = parts.reduce((filled, { name, example, schema }) => {
    const value = [example, schema?.example, schema?.examples?.[0]].find((one) => typeof one === 'string');
    return value === undefined || value === '…' ? filled : filled.replace(`{${name}}`, encodeURIComponent(value));
  }, path);
  const lines = [
    `curl ${method === 'get' ? '' : `-X ${method.toUpperCase()} `}'${url}${place}'`,
    ...(needsToken ? [`  -H "Authorization: Bearer $OPERATOR_TOKEN"`] : []),
    ...(body === null || isAnything(body)
      ? []
      : [
          `  -H 'Content-Type: application/json'`,
          `  -d '${JSON.stringify(exampleOf(body, components)).replaceAll("'", "'\\''")}'`,
        ]),
  ];
  return lines.join(' \\\n');
}

function isAnything(schema: JsonSchema): boolean {
  return schema.$ref === undefined && typesOf(schema).length === 0 && !schema.anyOf && !schema.oneOf && !schema.allOf;
}

/** Our own descriptions: paragraphs, lists with `- `, `code`, [links](https://…) and **bold**. */
function Prose({ text }: { readonly text: string }): VNode {
  const blocks = text.split(/\n\n+/).filter((block) => block.trim() !== '');
  return (
    <>
      {blocks.map((block) =>
        block.startsWith('- ') ? (
          <ul>
            {block
              .split(/^- /m)
              .slice(1)
              .map((item) => (
                <li>{inline(item.trim())}</li>
              ))}
          </ul>
        ) : (
          <p>{inline(block)}</p>
        ),
      )}
    </>
  );
}

function inline(text: string): readonly ComponentChildren[] {
  return text.split(/(`[^`]+`|\*\*[^*]+\*\*|\[[^\]]+\]\(https:[^)\s]+\))/).map((part) => {
    if (part.startsWith('`')) return <code>{part.slice(1, -1)}</code>;
    if (part.startsWith('**')) return <strong>{part.slice(2, -2)}</strong>;
    const link = /^\[([^\]]+)\]\((https:[^)\s]+)\)$/.exec(part);
    return link ? <a href={link[2]}>{link[1]}</a> : part;
  });
}

function anchorOf(tag: string): string {
  return `tag-${tag.toLowerCase().replace(/[^a-z0-9]+/g, '-')}`;
}

function sentence(words: string): string {
  return `${words.charAt(0).toUpperCase()}${words.slice(1)}.`;
}

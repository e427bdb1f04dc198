// `import Gobbet` brings the whole package.
@_exported public import GobbetBPE
@_exported public import GobbetCorpus
@_exported public import GobbetData
@_exported public import GobbetFile
@_exported public import GobbetGPT
@_exported public import GobbetInterchange
@_exported public import GobbetSystem

/* usage.c -- what --help and its kin print. */
#include "run/config.h"

#include <stdio.h>

static const char usage_line[] =
    "usage: %ls [option] ... [-c cmd | -m mod | file | -] [arg] ...\n";

static const char usage_options[] =
    "Options (and corresponding environment variables):\n"
    "-b     : issue warnings about str(bytes_instance), str(bytearray_instance)\n"
    "         and comparing bytes/bytearray with str. (-bb: issue errors)\n"
    "-B     : don't write .pyc files on import; also PYTHONDONTWRITEBYTECODE=x\n"
    "-c cmd : program passed in as string (terminates option list)\n"
    "-d     : turn on parser debugging output (for experts only, only works on\n"
    "         debug builds); also PYTHONDEBUG=x\n"
    "-E     : ignore PYTHON* environment variables (such as PYTHONPATH)\n"
    "-h     : print this help message and exit (also -? or --help)\n"
    "-i     : inspect interactively after running script; forces a prompt even\n"
    "         if stdin does not appear to be a terminal; also PYTHONINSPECT=x\n"
    "-I     : isolate Python from the user's environment (implies -E and -s)\n"
    "-m mod : run library module as a script (terminates option list)\n"
    "-O     : remove assert and __debug__-dependent statements; add .opt-1 before\n"
    "         .pyc extension; also PYTHONOPTIMIZE=x\n"
    "-OO    : do -O changes and also discard docstrings; add .opt-2 before\n"
    "         .pyc extension\n"
    "-P     : don't prepend a potentially unsafe path to sys.path\n"
    "-q     : don't print version and copyright messages on interactive startup\n"
    "-s     : don't add user site directory to sys.path; also PYTHONNOUSERSITE\n"
    "-S     : don't imply 'import site' on initialization\n"
    "-u     : force the stdout and stderr streams to be unbuffered;\n"
    "         this option has no effect on stdin; also PYTHONUNBUFFERED=x\n"
    "-v     : verbose (trace import statements); also PYTHONVERBOSE=x\n"
    "         can be supplied multiple times to increase verbosity\n"
    "-V     : print the Python version number and exit (also --version)\n"
    "         when given twice, print more information about the build\n"
    "-W arg : warning control; arg is action:message:category:module:lineno\n"
    "         also PYTHONWARNINGS=arg\n"
    "-x     : skip first line of source, allowing use of non-Unix forms of #!cmd\n"
    "-X opt : set implementation-specific option\n"
    "--check-hash-based-pycs always|default|never:\n"
    "         control how Python invalidates hash-based .pyc files\n"
    "--help-env      : print help about Python environment variables and exit\n"
    "--help-xoptions : print help about implementation-specific -X options and exit\n"
    "--help-all      : print complete help information and exit\n"
    "Arguments:\n"
    "file   : program read from script file\n"
    "-      : program read from stdin (default; interactive mode if a tty)\n"
    "arg ...: arguments passed to program in sys.argv[1:]\n";

static const char usage_environment[] =
    "Environment variables that change behavior:\n"
    "PYTHONSTARTUP: file executed on interactive startup (no default)\n"
    "PYTHONPATH   : ':'-separated list of directories prefixed to the\n"
    "               default module search path.  The result is sys.path.\n"
    "PYTHONSAFEPATH: don't prepend a potentially unsafe path to sys.path.\n"
    "PYTHONHOME   : alternate <prefix> directory (or <prefix>:<exec_prefix>).\n"
    "               The default module search path uses <prefix>/lib/pythonX.X.\n"
    "PYTHONPLATLIBDIR : override sys.platlibdir.\n"
    "PYTHONCASEOK : ignore case in 'import' statements (Windows).\n"
    "PYTHONUTF8: if set to 1, enable the UTF-8 mode.\n"
    "PYTHONIOENCODING: Encoding[:errors] used for stdin/stdout/stderr.\n"
    "PYTHONFAULTHANDLER: dump the Python traceback on fatal errors.\n"
    "PYTHONHASHSEED: if this variable is set to 'random', a random value is used\n"
    "   to seed the hashes of str and bytes objects.  It can also be set to an\n"
    "   integer in the range [0,4294967295] to get hash values with a\n"
    "   predictable seed.\n"
    "PYTHONINTMAXSTRDIGITS: limits the maximum digit characters in an int value\n"
    "   when converting from a string and when converting an int back to a str.\n"
    "   A value of 0 disables the limit.  Conversions to or from bases 2, 4, 8,\n"
    "   16, and 32 are never limited.\n"
    "PYTHONMALLOC: set the Python memory allocators and/or install debug hooks\n"
    "   on Python memory allocators. Use PYTHONMALLOC=debug to install debug\n"
    "   hooks.\n"
    "PYTHONCOERCECLOCALE: if this variable is set to 0, it disables the locale\n"
    "   coercion behavior. Use PYTHONCOERCECLOCALE=warn to request display of\n"
    "   locale coercion and locale compatibility warnings on stderr.\n"
    "PYTHONBREAKPOINT: if this variable is set to 0, it disables the default\n"
    "   debugger. It can be set to the callable of your debugger of choice.\n"
    "PYTHONDEVMODE: enable the development mode.\n"
    "PYTHONPYCACHEPREFIX: root directory for bytecode cache (pyc) files.\n"
    "PYTHONWARNDEFAULTENCODING: enable opt-in EncodingWarning for 'encoding=None'.\n"
    "PYTHONNODEBUGRANGES: If this variable is set, it disables the inclusion of the \n"
    "   tables mapping extra location information (end line, start column offset \n"
    "   and end column offset) to every instruction in code objects. This is useful \n"
    "   when smaller code objects and pyc files are desired as well as suppressing the \n"
    "   extra visual location indicators when the interpreter displays tracebacks.\n"
    "These variables have equivalent command-line parameters (see --help for details):\n"
    "PYTHONDEBUG             : enable parser debug mode (-d)\n"
    "PYTHONDONTWRITEBYTECODE : don't write .pyc files (-B)\n"
    "PYTHONINSPECT           : inspect interactively after running script (-i)\n"
    "PYTHONINTMAXSTRDIGITS   : limit max digit characters in an int value\n"
    "                          (-X int_max_str_digits=number)\n"
    "PYTHONNOUSERSITE        : disable user site directory (-s)\n"
    "PYTHONOPTIMIZE          : enable level 1 optimizations (-O)\n"
    "PYTHONUNBUFFERED        : disable stdout/stderr buffering (-u)\n"
    "PYTHONVERBOSE           : trace import statements (-v)\n"
    "PYTHONWARNINGS=arg      : warning control (-W arg)\n";

static const char usage_x[] =
    "The following implementation-specific options are available:\n"
    "\n"
    "-X faulthandler: enable faulthandler\n"
    "\n"
    "-X showrefcount: output the total reference count and number of used\n"
    "    memory blocks when the program finishes or after each statement in the\n"
    "    interactive interpreter. This only works on debug builds\n"
    "\n"
    "-X tracemalloc: start tracing Python memory allocations using the\n"
    "    tracemalloc module. By default, only the most recent frame is stored in a\n"
    "    traceback of a trace. Use -X tracemalloc=NFRAME to start tracing with a\n"
    "    traceback limit of NFRAME frames\n"
    "\n"
    "-X importtime: show how long each import takes. It shows module name,\n"
    "    cumulative time (including nested imports) and self time (excluding\n"
    "    nested imports). Note that its output may be broken in multi-threaded\n"
    "    application. Typical usage is python3 -X importtime -c 'import asyncio'\n"
    "\n"
    "-X dev: enable CPython's \"development mode\", introducing additional runtime\n"
    "    checks which are too expensive to be enabled by default. Effect of the\n"
    "    developer mode:\n"
    "       * Add default warning filter, as -W default\n"
    "       * Install debug hooks on memory allocators: see the PyMem_SetupDebugHooks()\n"
    "         C function\n"
    "       * Enable the faulthandler module to dump the Python traceback on a crash\n"
    "       * Enable asyncio debug mode\n"
    "       * Set the dev_mode attribute of sys.flags to True\n"
    "       * io.IOBase destructor logs close() exceptions\n"
    "\n"
    "-X utf8: enable UTF-8 mode for operating system interfaces, overriding the default\n"
    "    locale-aware mode. -X utf8=0 explicitly disables UTF-8 mode (even when it would\n"
    "    otherwise activate automatically)\n"
    "\n"
    "-X pycache_prefix=PATH: enable writing .pyc files to a parallel tree rooted at the\n"
    "    given directory instead of to the code tree\n"
    "\n"
    "-X warn_default_encoding: enable opt-in EncodingWarning for 'encoding=None'\n"
    "\n"
    "-X no_debug_ranges: disable the inclusion of the tables mapping extra location \n"
    "   information (end line, start column offset and end column offset) to every \n"
    "   instruction in code objects. This is useful when smaller code objects and pyc \n"
    "   files are desired as well as suppressing the extra visual location indicators \n"
    "   when the interpreter displays tracebacks.\n"
    "\n"
    "-X frozen_modules=[on|off]: whether or not frozen modules should be used.\n"
    "   The default is \"on\" (or \"off\" if you are running a local build).\n"
    "\n"
    "-X int_max_str_digits=number: limit the size of int<->str conversions.\n"
    "    This helps avoid denial of service attacks when parsing untrusted data.\n"
    "    The default is sys.int_info.default_max_str_digits.  0 disables.\n";

void
hob_usage_print(const wchar_t *program)
{
    printf(usage_line, program);
    fputs(usage_options, stdout);
}

void
hob_usage_short(const wchar_t *program)
{
    fprintf(stderr, usage_line, program);
    fputs("Try `python -h' for more information.\n", stderr);
}

void
hob_usage_env(void)
{
    fputs(usage_environment, stdout);
}

void
hob_usage_xoptions(void)
{
    fputs(usage_x, stdout);
}

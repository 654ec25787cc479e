# SPDX-License-Identifier: MIT
# Completion of tcptop for bash. Lines that begin with "# @" stand for the program's own tables.
# shellcheck shell=bash

# What may complete the filter "$1": the whole text, each time.
_filter_tcptop()
{
    local last=${1##*[[:space:]()|&!]} head field fields word words='' end=:
    # @fields
    head=${1%"$last"}
    if [[ $last != *[:\<\>=!]* ]]; then
        for word in $fields; do
            end=:
            [[ $word != not && $word != exclude ]] || end=
            COMPREPLY+=("$head$word$end")
        done
        return
    fi
    field=${last%%[:<>=!]*}
    last=${last##*[,:<>=!]}
    head=${1%"$last"}
    if [[ $last == [0-9]* ]]; then
        case $field in
        # @field-units
        esac
        head+=${last%%[!0-9.]*}
    else
        case $field in
        # @field-values
        esac
    fi
    for word in $words; do COMPREPLY+=("$head$word"); done
}

# What may be the argument "$1": of kind $offer, with $words.
_offer_tcptop()
{
    local head=${1%"${1##*,}"} word
    case $offer in
    words) for word in $words; do COMPREPLY+=("$word"); done ;;
    list) for word in $words; do COMPREPLY+=("$head$word"); done ;;
    sort)
        for word in $words; do
            if [[ ${1#"$head"} == "$word":* ]]; then
                COMPREPLY+=("$head$word:asc" "$head$word:desc")
            else
                COMPREPLY+=("$head$word")
            fi
        done
        ;;
    units) [[ $1 != [0-9]* ]] || for word in $words; do COMPREPLY+=("${1%%[!0-9.]*}$word"); done ;;
    namespaces)
        COMPREPLY=(init all)
        for word in /run/netns/*; do [[ ! -e $word ]] || COMPREPLY+=("${word##*/}"); done
        ;;
    pids) for word in /proc/[0-9]*; do COMPREPLY+=("${word##*/}"); done ;;
    filter) _filter_tcptop "$1" ;;
    files) compopt -o default 2>/dev/null ;;
    esac
}

# Split the line up to the cursor as the shell reads it, since bash also splits at : and =. Sets
# $cur, what is being typed without its quotes; $quote, the quote that is open; $before, the word
# before it.
_split_tcptop()
{
    local line=${COMP_LINE:0:COMP_POINT} i c
    cur='' quote='' before=''
    for ((i = 0; i < ${#line}; i++)); do
        c=${line:i:1}
        if [[ $quote ]]; then
            if [[ $c == "$quote" ]]; then quote=''; else cur+=$c; fi
        elif [[ $c == [\'\"] ]]; then
            quote=$c
        elif [[ $c == \\ ]]; then
            i=$((i + 1))
            cur+=${line:i:1}
        elif [[ $c == [[:space:]] ]]; then
            [[ ! $cur ]] || before=$cur
            cur=''
        else
            cur+=$c
        fi
    done
}

_tcptop()
{
    local cur quote before options offer='' words='' skip i kept=()
    # @options
    COMPREPLY=()
    _split_tcptop
    if [[ $cur == --*=* ]]; then
        before=${cur%%=*}
        cur=${cur#*=}
    elif [[ $before == -[!-]* ]]; then # letters may stand together
        before=-${before: -1}
    fi
    case $before in
    # @values
    esac
    if [[ $offer ]]; then
        _offer_tcptop "$cur"
    elif [[ $cur == -* ]]; then
        read -r -a COMPREPLY <<<"$options"
    fi
    # bash replaces what is behind the last : or = of a word that is not quoted, where it splits at them.
    skip=${cur%"${cur##*[:=]}"}
    [[ ! $quote && $COMP_WORDBREAKS == *:* ]] || skip=
    for i in "${COMPREPLY[@]}"; do
        [[ $i != "$cur"* ]] || kept+=("${i#"$skip"}")
    done
    COMPREPLY=("${kept[@]}")
    case $offer in
    list | sort | filter) compopt -o nospace 2>/dev/null ;;
    esac
}

complete -F _tcptop tcptop
